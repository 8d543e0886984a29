"""Saying again what is in memory, or what it has become since: as soon as it is there."""

from collections.abc import Coroutine, Sequence
from typing import Any

from app.express.answers import Address, Answer
from app.express.posting import FAILURES
from app.express.telling import Given, request_id_of, served, shared_lines
from app.kit.wire_protocol import Later, Said, Saying


def said(resources: Any, answer: Answer, given: Given, path: str, started: float) -> Said:
    """An answer as it is sent; it is counted. None where a limit has to be asked for."""
    standing = resources.tally.count(answer.asker.subject)
    if standing is None:
        return None
    request_id = request_id_of(given)
    head = b"%bx-request-id: %b\r\n%b" % (answer.lines, request_id.encode(), shared_lines(given, standing))
    served(resources, answer, request_id, path, started)
    return head, answer.body


class Again(Later):
    """A request for what was answered before, and is to be answered again."""

    __slots__ = ("_address", "_earlier", "_given", "_resources", "_started")

    def __init__(self, resources: Any, earlier: Answer, given: Given, address: Address, started: float) -> None:
        super().__init__()
        self._resources, self._earlier, self._given, self._started = resources, earlier, given, started
        self._address = address

    def begin(self, lacking: Sequence[int] | None) -> Saying:
        """This, where something is to be asked for first, as `lacking` posts; else what will know what to say."""
        return self if self._resources.pages.begin(self._earlier, lacking, self.come) else self._make()

    def say(self) -> Said | Coroutine[Any, Any, Said]:
        """The answer, or what will know it."""
        found = self._resources.pages.again(self._address, self._earlier)
        return self._said(found) if isinstance(found, Answer) else self._make()

    async def _make(self) -> Said:
        earlier = self._earlier
        try:
            made = await self._resources.pages.make_anew(self._address, earlier.asker, earlier.asked, earlier)
        except FAILURES:
            return None
        return self._said(made) if made else None

    def _said(self, answer: Answer) -> Said:
        return said(self._resources, answer, self._given, self._address[1], self._started)
