"""Saying again what is in memory, or what it has become since: as soon as it is there."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from app.express.answers import HEADER_LINE, Answer
from app.express.posting import FAILURES
from app.express.telling import Given, request_id_of, served, shared_headers
from app.kit.wire_protocol import Said, Saying


def said(resources: Any, answer: Answer, given: Given, path: str, started: float) -> Said:
    """An answer as it is sent; it is counted. None where a limit has to be asked for."""
    standing = resources.tally.count(answer.asker.subject)
    if standing is None:
        return None
    request_id = request_id_of(given)
    lines = [(b"x-request-id", request_id.encode()), *shared_headers(given, standing)]
    head = answer.lines + b"".join(map(HEADER_LINE.__mod__, lines))
    served(resources, answer, request_id, path, started)
    return head, answer.body


@dataclass(slots=True)
class Again:
    """A request for what was answered before, and is to be answered again."""

    resources: Any
    earlier: Answer
    given: Given
    path: str
    query: bytes
    started: float

    def say(self) -> Said | Coroutine[Any, Any, Said]:
        """The answer, or what will know it."""
        given, earlier = self.given, self.earlier
        made = self.resources.pages.at_hand(given.authorization, earlier.asker, self.path, self.query, earlier)
        return said(self.resources, made, given, self.path, self.started) if made else self._make()

    async def _make(self) -> Said:
        given, earlier, pages = self.given, self.earlier, self.resources.pages
        try:
            made = await pages.make_anew(
                given.authorization, earlier.asker, self.path, self.query, earlier.asked, earlier
            )
        except FAILURES:
            return None
        return said(self.resources, made, given, self.path, self.started) if made else None


def when_asked(asking: asyncio.Future[Any], again: Again) -> asyncio.Future[Saying]:
    """What is to be said once `asking` is done, whatever came of it."""
    saying: asyncio.Future[Saying] = asyncio.get_running_loop().create_future()

    def say(_: object) -> None:
        if saying.done():
            return
        try:
            saying.set_result(again.say())
        except Exception as error:
            # It will go wrong again on the usual way, which tells of it.
            saying.set_exception(error)

    asking.add_done_callback(say)
    return saying
