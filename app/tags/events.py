"""What happens between accounts and topics."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class TagFollowed(Event):
    topic: ClassVar[str] = "tag.followed"
    tag_follow_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class TagUnfollowed(Event):
    topic: ClassVar[str] = "tag.unfollowed"
    tag_follow_id: int
    account_id: int
