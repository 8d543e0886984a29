"""What happens to notifications."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class NotificationCreated(Event):
    """An account has something new to read. What its policy filters is not told so."""

    topic: ClassVar[str] = "notification.created"
    notification_id: int
    account_id: int
