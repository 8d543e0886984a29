"""Saying again what is in memory, or what it has become since: as soon as it is there."""

from collections.abc import Coroutine, Sequence
from typing import Any

from app.express.answers import Answer
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

    __slots__ = ("_earlier", "_given", "_path", "_query", "_resources", "_started")

    def __init__(self, resources: Any, earlier: Answer, given: Given, path: str, query: bytes, started: float) -> None:
        super().__init__()
        self._resources, self._earlier, self._given, self._started = resources, earlier, given, started
        self._path, self._query = path, query

    def begin(self, lacking: Sequence[int] | None) -> Saying:
        """This, where something is to be asked for first, as `lacking` posts; else what will know what to say."""
        return self if self._resources.pages.begin(self._earlier, lacking, self.come) else self._make()

    def say(self) -> Said | Coroutine[Any, Any, Said]:
        """The answer, or what will know it."""
        made = self._resources.pages.again(self._given.authorization, self._path, self._query, self._earlier)
        if not isinstance(made, Answer):
            return self._make()
        return said(self._resources, made, self._given, self._path, self._started)

    async def _make(self) -> Said:
        earlier, pages = self._earlier, self._resources.pages
        try:
            made = await pages.make_anew(
                self._given.authorization, earlier.asker, self._path, self._query, earlier.asked, earlier
            )
        except FAILURES:
            return None
        return said(self._resources, made, self._given, self._path, self._started) if made else None
