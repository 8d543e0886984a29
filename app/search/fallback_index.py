"""Two engines as one: the better answers, the steadier stands in for it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from app.kit import log
from app.search.chinese import load
from app.search.errors import EngineRefused, SearchUnavailable
from app.search.index import JobDocument, JobHits, JobQuery, PostDocument, PostHits, PostQuery, SearchIndex
from app.search.query import parse

logger = log.logger(__name__)

_Query = TypeVar("_Query", PostQuery, JobQuery)
_Hits = TypeVar("_Hits", PostHits, JobHits)


class FallbackIndex:
    """The search port over `primary`, with `standby` for when it does not answer.

    What is written goes into the standby: the primary has a writer of its own. After a failure `primary` is left alone
    until it answers a probe, so that only the searches that met the failure waited for it.
    """

    def __init__(
        self, primary: SearchIndex, standby: SearchIndex, *, patience_seconds: float = 0.7, probe_seconds: float = 1.0
    ) -> None:
        """`patience_seconds` a search may take; a failed `primary` is probed that often, while anyone searches."""
        self.name = primary.name
        self._primary, self._standby = primary, standby
        self._patience_seconds, self._probe_seconds = patience_seconds, probe_seconds
        self._failed = False
        self._probe_at = 0.0
        self._probing: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Prepare the standby."""
        await self._standby.prepare()

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Insert or replace posts in the standby."""
        await self._standby.put_posts(documents)

    async def put_jobs(self, documents: Sequence[JobDocument]) -> None:
        """Insert or replace jobs in the standby."""
        await self._standby.put_jobs(documents)

    async def delete_posts(self, ids: Sequence[int]) -> None:
        """Forget posts in the standby."""
        await self._standby.delete_posts(ids)

    async def delete_jobs(self, ids: Sequence[int]) -> None:
        """Forget jobs in the standby."""
        await self._standby.delete_jobs(ids)

    async def clear(self) -> None:
        """Forget everything in the standby."""
        await self._standby.clear()

    async def search_posts(self, query: PostQuery) -> PostHits:
        """Posts from the primary, or from the standby and then `degraded`."""
        return await self._search(query, self._primary.search_posts, self._standby.search_posts)

    async def search_jobs(self, query: JobQuery) -> JobHits:
        """Jobs from the primary, or from the standby and then `degraded`."""
        return await self._search(query, self._primary.search_jobs, self._standby.search_jobs)

    async def ping(self) -> None:
        """Ask the primary: what the standby can do is known from elsewhere. Raises SearchUnavailable."""
        try:
            await self._primary.ping()
        except (SearchUnavailable, EngineRefused) as error:
            self._trip()
            raise SearchUnavailable from error
        self._mend()

    async def close(self) -> None:
        """Close both."""
        if self._probing:
            self._probing.cancel()
        await self._primary.close()
        await self._standby.close()

    async def _search(
        self,
        query: _Query,
        primary: Callable[[_Query], Awaitable[_Hits]],
        standby: Callable[[_Query], Awaitable[_Hits]],
    ) -> _Hits:
        await asyncio.to_thread(load)
        if parse(query.text).has_alternatives:
            # Meilisearch has no `or`; PostgreSQL does, so its answer is not a lesser one.
            return await standby(query)
        if self._failed:
            self._probe_soon()
        else:
            try:
                async with asyncio.timeout(self._patience_seconds):
                    return await primary(query)
            except (SearchUnavailable, EngineRefused, TimeoutError):
                logger.warning("searching in the standby", unavailable=self.name, exc_info=True)
                self._trip()
        return replace(await standby(query), degraded=True)

    def _trip(self) -> None:
        self._failed = True
        self._probe_at = time.monotonic() + self._probe_seconds

    def _mend(self) -> None:
        if self._failed:
            logger.info("searching in the engine again", available=self.name)
        self._failed = False

    def _probe_soon(self) -> None:
        """Look in the background whether the primary answers again, one look at a time."""
        if time.monotonic() >= self._probe_at and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(self._probe())

    async def _probe(self) -> None:
        with suppress(SearchUnavailable):
            await self.ping()
