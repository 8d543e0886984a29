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


@dataclass(frozen=True, slots=True)
class FollowRequested(Event):
    """Someone asks to follow a locked account."""

    topic: ClassVar[str] = "follow.requested"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, slots=True)
class FollowRequestRemoved(Event):
    """A request was refused or taken back. One that is granted becomes a `FollowCreated`."""

    topic: ClassVar[str] = "follow.request_removed"
    follower_id: int
    followee_id: int


@dataclass(frozen=True, slots=True)
class BlockCreated(Event):
    topic: ClassVar[str] = "block.created"
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class BlockRemoved(Event):
    topic: ClassVar[str] = "block.removed"
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class MuteCreated(Event):
    """Someone was muted, or how they are muted was changed."""

    topic: ClassVar[str] = "mute.created"
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class MuteRemoved(Event):
    topic: ClassVar[str] = "mute.removed"
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class EndorsementCreated(Event):
    topic: ClassVar[str] = "endorsement.created"
    account_id: int
    target_id: int


@dataclass(frozen=True, slots=True)
class EndorsementRemoved(Event):
    topic: ClassVar[str] = "endorsement.removed"
    account_id: int
    target_id: int
