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
class PostRefreshed(Event):
    """A job's post tells of its employer as it is called now. Nobody edited it, so nobody is told."""

    topic: ClassVar[str] = "post.refreshed"
    post_id: int


@dataclass(frozen=True, slots=True)
class QuotePolicyChanged(Event):
    """Others may quote the post than before. What was quoted stays quoted."""

    topic: ClassVar[str] = "post.quote_policy_changed"
    post_id: int


@dataclass(frozen=True, slots=True)
class QuoteRevoked(Event):
    """The author of the quoted post does not let this quote stand any more."""

    topic: ClassVar[str] = "quote.revoked"
    post_id: int


@dataclass(frozen=True, slots=True)
class PostDeleted(Event):
    topic: ClassVar[str] = "post.deleted"
    post_id: int
