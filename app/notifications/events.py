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
class MentionsSettled(Event):
    """It is settled who hears of a direct post: all whom it is for but `withheld`, whose policies keep it back."""

    topic: ClassVar[str] = "notification.mentions_settled"
    post_id: int
    withheld: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SendersAccepted(Event):
    """An account lets these senders in, with what they wrote before."""

    topic: ClassVar[str] = "notification.senders_accepted"
    account_id: int
    from_ids: tuple[int, ...]
