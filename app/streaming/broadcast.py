"""The broadcast port: what one process tells all others, at most once, and only those that listen now.

Messages hold ids, never words: whoever delivers one re-reads PostgreSQL, which decides who may see what.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.kit.errors import Unavailable

Topic = Literal["published", "edited", "deleted", "notification", "conversation", "filters"]


class BroadcastUnavailable(Unavailable):
    code = "broadcast_unavailable"
    message = "Open streams cannot be reached"


@dataclass(frozen=True, slots=True)
class Message:
    """That something happened to `id` (a post, notification, conversation); `account_id`, where it is one's alone."""

    topic: Topic
    id: int
    account_id: int | None = None


class Broadcast(Protocol):
    """A channel that every process hears."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Tell every listener, in this order. Raises BroadcastUnavailable."""

    def listen(self) -> AsyncIterator[Message | None]:
        """Messages from now on, until the caller stops; goes on by itself when the connection was lost.

        None comes each time listening began: what is published after it is heard.
        """

    async def close(self) -> None:
        """Let connections go."""
