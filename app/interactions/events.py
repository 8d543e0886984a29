"""What readers do with posts, as far as others learn of it."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class LikeCreated(Event):
    topic: ClassVar[str] = "like.created"
    post_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class LikeRemoved(Event):
    topic: ClassVar[str] = "like.removed"
    post_id: int
    account_id: int
