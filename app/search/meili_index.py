"""Search in Meilisearch: two indexes, `<prefix>posts` and `<prefix>jobs`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from httpx2 import HTTPError
from meilisearch_python_sdk import AsyncClient
from meilisearch_python_sdk.errors import MeilisearchApiError, MeilisearchError
from meilisearch_python_sdk.index import AsyncIndex
from meilisearch_python_sdk.models.search import SearchResults
from meilisearch_python_sdk.models.settings import MeilisearchSettings
from meilisearch_python_sdk.models.task import TaskInfo

from app.search import meili_settings
from app.search.digest import digest_of
from app.search.errors import EmptyQuery, EngineRefused, SearchUnavailable
from app.search.index import JobDocument, JobHits, JobQuery, PostDocument, PostHits, PostQuery
from app.search.meili_jobs import facets, facets_asked, job_document, job_filter, job_words
from app.search.meili_query import beyond, post_filter, words
from app.search.mirror import MOST_PAGED

_Document = TypeVar("_Document", PostDocument, JobDocument)

_ANSWER_SECONDS = 5
_TASK_MILLISECONDS = 30_000
_WRITE_AT_ONCE = 1000
_NEWEST = ["created_ms:desc", "sequence:desc"]
_OLDEST = ["created_ms:asc", "sequence:asc"]
_BEST_PAID = ["pay:desc", *_NEWEST]
# What a request of ours did wrong; it would fail the same way for ever. A full disk also answers 422.
_OUR_FAULT = {400, 413, 415}


class MeiliIndex:
    """The search port over a Meilisearch server."""

    name = "meilisearch"

    def __init__(self, url: str, key: str | None, prefix: str) -> None:
        """`key` may search and write indexes whose names begin with `prefix`; creating them needs more."""
        self._client = AsyncClient(url, key, timeout=_ANSWER_SECONDS)
        self._posts = self._client.index(f"{prefix}posts")
        self._jobs = self._client.index(f"{prefix}jobs")

    async def prepare(self) -> None:
        """Create both indexes where they are missing, and give them their settings."""
        await self._prepare(self._posts, meili_settings.POSTS)
        await self._prepare(self._jobs, meili_settings.JOBS)

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Insert or replace posts; returns once they can be found."""
        await self._put(self._posts, documents, meili_settings.post_document)

    async def put_jobs(self, documents: Sequence[JobDocument]) -> None:
        """Insert or replace jobs; returns once they can be found."""
        await self._put(self._jobs, documents, job_document)

    async def delete_posts(self, ids: Sequence[int]) -> None:
        """Forget posts; unknown ids are fine."""
        with translated():
            await self._finish(await self._posts.delete_documents([str(id) for id in ids]))

    async def delete_jobs(self, ids: Sequence[int]) -> None:
        """Forget jobs; unknown ids are fine."""
        with translated():
            await self._finish(await self._jobs.delete_documents([str(id) for id in ids]))

    async def clear(self) -> None:
        """Forget everything."""
        with translated():
            for index in (self._posts, self._jobs):
                await self._finish(await index.delete_all_documents())

    async def search_posts(self, query: PostQuery) -> PostHits:
        """Posts matching `query`."""
        text = await asyncio.to_thread(words, query.text)
        if not text and query.needs_words:
            raise EmptyQuery
        order = None if text and query.sort == "relevance" else _OLDEST if query.ascending else _NEWEST
        with translated():
            found = await self._posts.search(
                text,
                filter=post_filter(query),
                sort=order,
                offset=query.offset,
                limit=query.limit,
                matching_strategy="all",
                attributes_to_retrieve=["id"],
            )
        ids = [int(hit["id"]) for hit in found.hits]
        return PostHits(ids[::-1] if query.ascending else ids, degraded=_cut_off(found))

    async def search_jobs(self, query: JobQuery) -> JobHits:
        """Jobs matching `query`; the total is exact up to 10,000."""
        text = await asyncio.to_thread(job_words, query.text, any_word=query.any_word)
        with translated():
            found = await self._jobs.search(
                text,
                filter=job_filter(query),
                sort=_job_sort(query, text),
                offset=query.offset,
                limit=query.limit,
                facets=facets_asked(query) if query.with_facets else None,
                matching_strategy="last" if query.any_word else "all",
                attributes_to_retrieve=["id"],
            )
        counted = facets(query, found.facet_distribution or {}) if query.with_facets else {}
        return JobHits(
            [int(hit["id"]) for hit in found.hits], found.estimated_total_hits or 0, counted, _cut_off(found)
        )

    async def ping(self) -> None:
        """Ask both indexes something that only complete ones can answer."""
        with translated():
            await self._posts.search("", filter=["visibility = public"], limit=1, attributes_to_retrieve=["id"])
            await self._jobs.search("", filter=["open = true"], limit=1, attributes_to_retrieve=["id"])

    async def close(self) -> None:
        """Let connections go."""
        await self._client.aclose()

    def digest(self, document: PostDocument | JobDocument) -> str:
        """What tells whether a document is held as it should be."""
        return digest_of(document)

    async def count(self) -> tuple[int, int]:
        """How many posts and jobs there are."""
        with translated():
            posts, jobs = [(await index.get_stats()).number_of_documents for index in (self._posts, self._jobs)]
        return posts, jobs

    async def page_posts(self, *, after: int, until: int) -> list[tuple[int, str | None]]:
        """Ids and digests of the posts held with after < id <= until, in order: the first 10,000."""
        return await self._page(self._posts, after, until)

    async def page_jobs(self, *, after: int, until: int) -> list[tuple[int, str | None]]:
        """The same, of jobs."""
        return await self._page(self._jobs, after, until)

    async def _page(self, index: AsyncIndex, after: int, until: int) -> list[tuple[int, str | None]]:
        with translated():
            found = await index.search(
                "",
                filter=[beyond(after, ">"), beyond(until + 1, "<")],
                sort=_OLDEST,
                limit=MOST_PAGED,
                attributes_to_retrieve=["id", "digest"],
            )
        return [(int(hit["id"]), hit.get("digest")) for hit in found.hits]

    async def _prepare(self, index: AsyncIndex, settings: MeilisearchSettings) -> None:
        with translated():
            if not await self._exists(index):
                await self._create(index)
            await self._finish(await index.update_settings(settings))

    async def _exists(self, index: AsyncIndex) -> bool:
        try:
            await self._client.get_index(index.uid)
        except MeilisearchApiError as error:
            if error.code != "index_not_found":
                raise
            return False
        return True

    async def _create(self, index: AsyncIndex) -> None:
        # Where two processes create it at once, the second one's task fails, which is fine.
        await self._client.create_index(index.uid, "id", timeout_in_ms=_TASK_MILLISECONDS)

    async def _put(
        self, index: AsyncIndex, documents: Sequence[_Document], convert: Callable[[_Document], dict[str, Any]]
    ) -> None:
        with translated():
            for start in range(0, len(documents), _WRITE_AT_ONCE):
                chunk = documents[start : start + _WRITE_AT_ONCE]
                await self._finish(await index.add_documents(await asyncio.to_thread(_converted, chunk, convert)))

    async def _finish(self, task: TaskInfo) -> None:
        result = await self._client.wait_for_task(task.task_uid, timeout_in_ms=_TASK_MILLISECONDS)
        if result.status != "succeeded":
            error = result.error or {}
            if error.get("type") in ("internal", "system") or error.get("code") == "no_space_left_on_device":
                raise SearchUnavailable
            raise EngineRefused(f"{result.task_type} {result.uid}: {error.get('code')} {error.get('message')}")


def _cut_off(found: SearchResults[Any]) -> bool:
    """Whether the search took so long that the last rules were left out."""
    return found.processing_time_ms >= meili_settings.CUTOFF_MILLISECONDS


def _converted(documents: Sequence[_Document], convert: Callable[[_Document], dict[str, Any]]) -> list[dict[str, Any]]:
    return [convert(document) | {"digest": digest_of(document)} for document in documents]


@contextmanager
def translated() -> Iterator[None]:
    """Whatever keeps Meilisearch from answering is `SearchUnavailable`; a request of ours that is wrong is not."""
    try:
        yield
    except MeilisearchApiError as error:
        if error.status_code in _OUR_FAULT:
            raise EngineRefused(f"{error.code} {error.message}") from error
        raise SearchUnavailable from error
    except (MeilisearchError, HTTPError) as error:
        raise SearchUnavailable from error


def _job_sort(query: JobQuery, text: str) -> list[str] | None:
    if query.sort == "salary":
        return _BEST_PAID
    return None if query.sort == "relevance" and text else _NEWEST
