"""What happens to posts."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class PostPublished(Event):
    """A post, repost, quote or job post exists."""

    topic: ClassVar[str] = "post.published"
    post_id: int


@dataclass(frozen=True, slots=True)
class PostEdited(Event):
    topic: ClassVar[str] = "post.edited"
    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted(Event):
    topic: ClassVar[str] = "post.deleted"
    post_id: int
