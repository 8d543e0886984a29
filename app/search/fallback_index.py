"""Two engines as one: the better answers, the steadier stands in for it."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from app.kit import log
from app.search.errors import SearchUnavailable
from app.search.index import JobDocument, JobHits, JobQuery, PostDocument, PostHits, PostQuery, SearchIndex
from app.search.query import parse

logger = log.logger(__name__)

_Query = TypeVar("_Query", PostQuery, JobQuery)
_Hits = TypeVar("_Hits", PostHits, JobHits)


class FallbackIndex:
    """The search port over `primary`, with `standby` for when it does not answer.

    Both are kept up to date. After a failure `primary` is left alone for `pause_seconds`, so that
    readers do not wait for its silence one after the other.
    """

    def __init__(self, primary: SearchIndex, standby: SearchIndex, *, pause_seconds: float = 10.0) -> None:
        self.name = primary.name
        self._primary, self._standby = primary, standby
        self._pause_seconds = pause_seconds
        self._retry_at = 0.0

    async def prepare(self) -> None:
        """Prepare both."""
        await self._standby.prepare()
        await self._primary.prepare()

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Insert or replace posts in both; the standby has them even when the primary fails."""
        await self._standby.put_posts(documents)
        await self._primary.put_posts(documents)

    async def put_jobs(self, documents: Sequence[JobDocument]) -> None:
        """Insert or replace jobs in both; the standby has them even when the primary fails."""
        await self._standby.put_jobs(documents)
        await self._primary.put_jobs(documents)

    async def delete_posts(self, ids: Sequence[int]) -> None:
        """Forget posts in both."""
        await self._standby.delete_posts(ids)
        await self._primary.delete_posts(ids)

    async def delete_jobs(self, ids: Sequence[int]) -> None:
        """Forget jobs in both."""
        await self._standby.delete_jobs(ids)
        await self._primary.delete_jobs(ids)

    async def clear(self) -> None:
        """Forget everything in both."""
        await self._standby.clear()
        await self._primary.clear()

    async def search_posts(self, query: PostQuery) -> PostHits:
        """Posts from the primary, or from the standby and then `degraded`."""
        return await self._search(query, self._primary.search_posts, self._standby.search_posts)

    async def search_jobs(self, query: JobQuery) -> JobHits:
        """Jobs from the primary, or from the standby and then `degraded`."""
        return await self._search(query, self._primary.search_jobs, self._standby.search_jobs)

    async def ping(self) -> None:
        """Ask the primary: what the standby can do is known from elsewhere."""
        await self._primary.ping()

    async def close(self) -> None:
        """Close both."""
        await self._primary.close()
        await self._standby.close()

    async def _search(
        self,
        query: _Query,
        primary: Callable[[_Query], Awaitable[_Hits]],
        standby: Callable[[_Query], Awaitable[_Hits]],
    ) -> _Hits:
        if parse(query.text).has_alternatives:
            # Meilisearch has no `or`; PostgreSQL does, so its answer is not a lesser one.
            return await standby(query)
        if time.monotonic() >= self._retry_at:
            try:
                return await primary(query)
            except SearchUnavailable:
                self._retry_at = time.monotonic() + self._pause_seconds
                logger.warning("searching in the standby", unavailable=self.name, exc_info=True)
        return replace(await standby(query), degraded=True)
