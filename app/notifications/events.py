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


@dataclass(frozen=True, slots=True)
class MessageAdmitted(Event):
    """A direct post may reach one it is for: no policy of theirs keeps it back."""

    topic: ClassVar[str] = "notification.message_admitted"
    post_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class SenderAccepted(Event):
    """An account lets somebody in, with what they wrote before."""

    topic: ClassVar[str] = "notification.sender_accepted"
    account_id: int
    from_id: int
