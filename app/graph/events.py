"""What happens in the follow graph."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class FollowCreated(Event):
    topic: ClassVar[str] = "follow.created"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, slots=True)
class FollowChanged(Event):
    """The follower changed how it follows."""

    topic: ClassVar[str] = "follow.changed"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, slots=True)
class FollowRemoved(Event):
    topic: ClassVar[str] = "follow.removed"
    follower_id: int
    followee_id: int
