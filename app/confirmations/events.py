"""What happens to confirmations."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ConfirmationRequested(Event):
    """Somebody wants the link mailed again."""

    topic: ClassVar[str] = "confirmation.requested"
    account_id: int


@dataclass(frozen=True, slots=True)
class EmailConfirmed(Event):
    topic: ClassVar[str] = "email.confirmed"
    account_id: int
