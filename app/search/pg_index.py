"""Search in PostgreSQL: no other service needed, good to some hundred thousand documents."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import orjson
from sqlalchemy import delete, func, select, text, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Database
from app.search import pg_jobs, pg_queries
from app.search.digest import PG_FORMAT, digest_of
from app.search.errors import EmptyQuery, SearchUnavailable
from app.search.full_text import tsquery, tsvector
from app.search.index import JobDocument, JobHits, JobQuery, PostDocument, PostHits, PostQuery
from app.search.mirror import MOST_PAGED
from app.search.models import SearchJob, SearchPost, SearchTerm, SearchTermStart, SearchWord
from app.search.pg_job_queries import JobSearch, counted
from app.search.pg_jobs import JobRows
from app.search.pg_spelling import find_corrections
from app.search.wording import latin_words

_Document = TypeVar("_Document", PostDocument, JobDocument)

_WRITE_AT_ONCE = 250
_QUERY_CANCELED = "57014"
# Closed jobs remain and become the most: whatever is asked, an index leads to what may match. And what facets count
# fits into memory, and no plan runs long enough to be compiled.
_SETTINGS = """
    SELECT set_config('statement_timeout', '{milliseconds}', true), set_config('enable_seqscan', 'off', true),
        set_config('work_mem', '32MB', true), set_config('jit', 'off', true)
"""

_PUT_POSTS = text(
    """
    INSERT INTO search_posts (id, author_id, kind, visibility, language, has_link, words, digest)
    SELECT id, author_id, kind, visibility, language, has_link, words, digest
    FROM json_to_recordset(CAST(:rows AS json)) AS new (
        id bigint, author_id bigint, kind text, visibility text, language text, has_link boolean, words tsvector,
        digest text
    )
    ON CONFLICT (id) DO UPDATE SET
        author_id = excluded.author_id, kind = excluded.kind, visibility = excluded.visibility,
        language = excluded.language, has_link = excluded.has_link, words = excluded.words, digest = excluded.digest
    """
)


class PgIndex:
    """The search port over `search_posts` and `search_jobs`."""

    name = "postgresql"

    def __init__(self, db: Database, *, timeout_seconds: float = 2.0) -> None:
        """A search that takes longer than `timeout_seconds` is given up with `SearchUnavailable`."""
        self._db = db
        self._settings = text(_SETTINGS.format(milliseconds=round(timeout_seconds * 1000)))

    async def prepare(self) -> None:
        """Nothing to do: migrations make the tables."""

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Insert or replace posts, 250 in one statement."""
        first, *others = _chunks(_once(documents)) or [[]]
        rows = await asyncio.to_thread(_post_rows, first)
        for following in [*others, []]:
            # The next chunk is cut into words while PostgreSQL sorts this one in.
            _, rows = await asyncio.gather(self._write(_PUT_POSTS, rows), asyncio.to_thread(_post_rows, following))

    async def put_jobs(self, documents: Sequence[JobDocument]) -> None:
        """Insert or replace jobs, 250 in one transaction, learn their words and count their terms."""
        first, *others = _chunks(_once(documents)) or [[]]
        rows = await asyncio.to_thread(JobRows, first)
        for following in [*others, []]:
            _, rows = await asyncio.gather(self._write_jobs(rows), asyncio.to_thread(JobRows, following))

    async def delete_posts(self, ids: Sequence[int]) -> None:
        """Forget posts; unknown ids are fine."""
        async with self._db.transaction() as session:
            await session.execute(delete(SearchPost).where(pg_queries.is_any_id(SearchPost.id, ids)))

    async def delete_jobs(self, ids: Sequence[int]) -> None:
        """Forget jobs; unknown ids are fine."""
        async with self._db.transaction() as session:
            await pg_jobs.delete_jobs(session, ids)

    async def clear(self) -> None:
        """Forget everything."""
        async with self._db.transaction() as session:
            for table in (SearchPost, SearchJob, SearchWord, SearchTerm, SearchTermStart):
                await session.execute(delete(table).where(true()))

    async def search_posts(self, query: PostQuery) -> PostHits:
        """Posts matching `query`."""
        words = await asyncio.to_thread(tsquery, query.text)
        if not words and query.needs_words:
            raise EmptyQuery
        async with self._searching() as session:
            ids: list[int] = []
            for statement in pg_queries.posts(query, words):
                ids = [*await session.scalars(statement)]
                if len(ids) == query.limit:
                    break
            return PostHits(ids[::-1] if query.ascending else ids)

    async def search_jobs(self, query: JobQuery) -> JobHits:
        """Jobs matching `query`. By relevance, the newest 2,000 matches are ranked; older ones follow by age."""
        words = await asyncio.to_thread(latin_words, query.text)
        async with self._searching() as session:
            search = await asyncio.to_thread(JobSearch, query, await find_corrections(session, words))
            ids = [*await session.scalars(search.page())]
            total, facets = counted(await session.execute(search.counts()))
            return JobHits(ids, total, facets if query.with_facets else {})

    async def count(self) -> tuple[int, int]:
        """How many posts and jobs are held."""
        async with self._db.reading() as session:
            counts = [
                await session.scalar(select(func.count()).select_from(table)) for table in (SearchPost, SearchJob)
            ]
        return counts[0] or 0, counts[1] or 0

    def digest(self, document: PostDocument | JobDocument) -> str:
        """What tells whether a document is held as it should be."""
        return digest_of(document, format=PG_FORMAT)

    async def page_posts(self, *, after: int, until: int) -> list[tuple[int, str | None]]:
        """Ids and digests of the posts held with after < id <= until, in order: the first 10,000."""
        return await self._page(SearchPost, after, until)

    async def page_jobs(self, *, after: int, until: int) -> list[tuple[int, str | None]]:
        """The same, of jobs."""
        return await self._page(SearchJob, after, until)

    async def _page(self, table: type[SearchPost] | type[SearchJob], after: int, until: int) -> list[Any]:
        query = select(table.id, table.digest).where(table.id > after, table.id <= until).order_by(table.id)
        async with self._db.reading() as session:
            return [(id, digest) for id, digest in await session.execute(query.limit(MOST_PAGED))]

    async def ping(self) -> None:
        """Ask PostgreSQL for an answer."""
        await self._db.ping()

    async def close(self) -> None:
        """Nothing to let go: the pool belongs to the database."""

    async def _write(self, statement: Any, rows: str) -> None:
        async with self._db.transaction() as session:
            await session.execute(statement, {"rows": rows})

    async def _write_jobs(self, rows: JobRows) -> None:
        async with self._db.transaction() as session:
            await pg_jobs.put_jobs(session, rows)

    @asynccontextmanager
    async def _searching(self) -> AsyncIterator[AsyncSession]:
        try:
            async with self._db.transaction() as session:
                await session.execute(self._settings)
                yield session
        except PoolTimeout as error:
            raise SearchUnavailable from error
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == _QUERY_CANCELED:
                raise SearchUnavailable from error
            raise


def _once(documents: Sequence[_Document]) -> list[_Document]:
    """Each document once, the last one wins; and in one order everywhere, so that two writers cannot deadlock."""
    by_id = {document.id: document for document in documents}
    return [by_id[id] for id in sorted(by_id)]


def _chunks(documents: Sequence[_Document]) -> list[Sequence[_Document]]:
    """`documents` in parts to write at once."""
    return [documents[start : start + _WRITE_AT_ONCE] for start in range(0, len(documents), _WRITE_AT_ONCE)]


def _post_rows(documents: Sequence[PostDocument]) -> str:
    return orjson.dumps([_post_row(document) for document in documents]).decode()


def _post_row(document: PostDocument) -> dict[str, Any]:
    traits = map(pg_queries.trait_token, document.traits)
    return {
        "id": document.id,
        "author_id": document.author_id,
        "kind": document.kind,
        "visibility": document.visibility,
        "language": document.language,
        "has_link": "link" in document.traits,
        "words": " ".join([tsvector((document.text, "D"), (" ".join(document.tags), "D")), *traits]),
        "digest": digest_of(document, format=PG_FORMAT),
    }
