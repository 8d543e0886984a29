"""The port through which pushes leave the house."""

from collections.abc import Mapping
from typing import Protocol


class Unreachable(Exception):
    """No answer: the host is away, too slow, or somewhere we do not send to."""


class Sender(Protocol):
    """Posts to addresses that strangers named."""

    def allows(self, url: str) -> bool:
        """Whether `url` has a form that may be sent to at all; its address is judged when it is."""

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> int:
        """POST once, following nothing, within a deadline; the answer's status. Raises Unreachable."""

    async def close(self) -> None:
        """Close every connection."""
