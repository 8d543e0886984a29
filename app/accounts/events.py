"""What happens to accounts."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class AccountRegistered(Event):
    topic: ClassVar[str] = "account.registered"
    account_id: int


@dataclass(frozen=True, slots=True)
class AccountUnlocked(Event):
    """Whoever wants to follow need not ask any more."""

    topic: ClassVar[str] = "account.unlocked"
    account_id: int


@dataclass(frozen=True, slots=True)
class ProfileChanged(Event):
    topic: ClassVar[str] = "account.profile_changed"
    account_id: int
