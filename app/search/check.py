"""Holding an engine against PostgreSQL, document by document, and putting right what differs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.jobs.models import Job
from app.kit.db import Database
from app.kit.ids import LARGEST
from app.posts.models import Post
from app.search import queue
from app.search.documents import load_documents
from app.search.handlers import index_ids
from app.search.index import SearchIndex
from app.search.mirror import Contents
from app.search.models import SearchWaiting
from app.search.pg_queries import is_any_id

_AT_ONCE = 1000
# What has just changed may still be on its way.
_ON_ITS_WAY = timedelta(minutes=2)


@dataclass(slots=True)
class Drift:
    """What differs, by post: not held, held in another state, held though it may not be. And jobs that nobody has."""

    checked: int = 0
    missing: set[int] = field(default_factory=set)
    stale: set[int] = field(default_factory=set)
    extra: set[int] = field(default_factory=set)
    stray_jobs: set[int] = field(default_factory=set)

    @property
    def posts(self) -> set[int]:
        """The posts to bring up to date."""
        return self.missing | self.stale | self.extra

    def __bool__(self) -> bool:
        return bool(self.posts or self.stray_jobs)


async def check(db: Database, engine: Contents, *, now: datetime, progress: Callable[[int], None]) -> Drift:
    """What `engine` holds against what it should; `progress(documents)` after each thousand. Changes nothing.

    Leaves out what changed in the last two minutes and what waits to be told, parked posts included.
    """
    drift = Drift()
    await _check_posts(db, engine, drift, progress)
    await _check_jobs(db, engine, drift, progress)
    async with db.reading() as session:
        fine = await _on_their_way(session, engine.name, drift.posts, now)
    for found in (drift.missing, drift.stale, drift.extra):
        found -= fine
    return drift


async def repair(db: Database, index: SearchIndex, engine: Contents, drift: Drift, *, mirrored: bool) -> None:
    """Bring what differs up to date: in PostgreSQL's own index at once, in another engine through its queue."""
    ids = sorted(drift.posts)
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        async with db.transaction() as session:
            if mirrored:
                await queue.put(session, targets=[engine.name], post_ids=part)
            else:
                await index_ids(session, index, part)
    if drift.stray_jobs:
        await engine.delete_jobs(sorted(drift.stray_jobs))


async def _check_posts(db: Database, engine: Contents, drift: Drift, progress: Callable[[int], None]) -> None:
    last = 0
    while last < LARGEST:
        async with db.reading() as session:
            # Not reposts: they have no words of their own.
            ids = (await session.scalars(_next_ids(Post.id, last).where(Post.kind != "repost"))).all()
            documents = await load_documents(session, post_ids=ids)
        until = ids[-1] if len(ids) == _AT_ONCE else LARGEST
        expected = {document.id: engine.digest(document) for document in documents.posts}
        held = dict(await engine.page_posts(after=last, until=until))
        drift.missing |= expected.keys() - held.keys()
        drift.extra |= held.keys() - expected.keys()
        drift.stale |= {id for id in expected.keys() & held.keys() if expected[id] != held[id]}
        drift.checked += len(expected)
        progress(len(ids))
        last = until


async def _check_jobs(db: Database, engine: Contents, drift: Drift, progress: Callable[[int], None]) -> None:
    last = 0
    while last < LARGEST:
        async with db.reading() as session:
            rows = (await session.execute(_next_ids(Job.id, last).add_columns(Job.post_id))).all()
            posts = {id: post_id for id, post_id in rows if post_id is not None}
            documents = await load_documents(session, post_ids=posts.values())
        until = rows[-1][0] if len(rows) == _AT_ONCE else LARGEST
        expected = {document.id: engine.digest(document) for document in documents.jobs}
        held = dict(await engine.page_jobs(after=last, until=until))
        drift.missing |= {posts[id] for id in expected.keys() - held.keys()}
        drift.stale |= {posts[id] for id in expected.keys() & held.keys() if expected[id] != held[id]}
        drift.extra |= {posts[id] for id in held.keys() - expected.keys() if id in posts}
        drift.stray_jobs |= {id for id in held.keys() - expected.keys() if id not in posts}
        drift.checked += len(expected)
        progress(len(rows))
        last = until


def _next_ids(column: InstrumentedAttribute[int], last: int) -> Select[int]:
    return select(column).where(column > last).order_by(column).limit(_AT_ONCE)


async def _on_their_way(session: AsyncSession, target: str, ids: set[int], now: datetime) -> set[int]:
    if not ids:
        return set()
    since = now - _ON_ITS_WAY
    waiting = select(SearchWaiting.post_id).where(
        SearchWaiting.target == target, is_any_id(SearchWaiting.post_id, [*ids])
    )
    changed = func.greatest(Post.created_at, Post.edited_at, Post.deleted_at)
    young = select(Post.id).where(is_any_id(Post.id, [*ids]), changed > since)
    return {*await session.scalars(waiting), *await session.scalars(young)}
