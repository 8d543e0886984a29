"""Sends pushes by the guarded way out: to the public internet alone, by TLS."""

from collections.abc import Mapping

from app.kit.outward import Failed, Outward
from app.push.sender import Unreachable

_DEADLINE_SECONDS = 5.0
_READ_BYTES = 1024


class HttpSender:
    """A sender over `outward`, which the composition root opens and closes."""

    def __init__(self, outward: Outward) -> None:
        self._outward = outward

    def allows(self, url: str) -> bool:
        """Whether `url` is an https address without credentials."""
        try:
            self._outward.parse(url)
        except ValueError:
            return False
        return True

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> int:
        """POST once; the status. What the answer says besides is of no interest. Raises Unreachable."""
        try:
            answer = await self._outward.request(
                "POST", url, headers=headers, body=body, deadline=_DEADLINE_SECONDS, most_bytes=_READ_BYTES
            )
        except Failed as error:
            raise Unreachable(str(error)) from error
        return answer.status

    async def close(self) -> None:
        """Nothing is kept open between two pushes."""
