"""Keeping the index in line with PostgreSQL. Handlers may run twice, late, or out of order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job
from app.kit.db import Database
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.search import people
from app.search.documents import load_documents
from app.search.index import SearchIndex

INDEX_ACCOUNT = "search.index_account"
_REBUILD_AT_ONCE = 1000
_ACCOUNT_AT_ONCE = 500
# Two workers must not index one post at a time: what the slower one read would overwrite the newer state.
_LOCK_CLASS = 8_203_128
_LOCK = text(
    """
    SELECT pg_advisory_xact_lock(:class, hashint8(id))
    FROM (SELECT id FROM unnest(CAST(:ids AS bigint[])) AS id ORDER BY hashint8(id)) AS ordered
    """
)


async def index_posts(session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Bring each payload's post ("post_id") and its job up to date in the index, or take them out of it.

    Holds a lock on each post until `session`'s transaction ends. Raises SearchUnavailable.
    """
    await _index(session, index, {payload["post_id"] for payload in payloads})


async def index_jobs(session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Like `index_posts`, for the posts that carry each payload's job ("job_id")."""
    ids = {payload["job_id"] for payload in payloads}
    post_ids = await session.scalars(select(Job.post_id).where(Job.id.in_(ids), Job.post_id.is_not(None)))
    await _index(session, index, {id for id in post_ids if id is not None})


async def index_account(session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Like `index_posts`, for all that each payload's account ("account_id") wrote, 500 posts at a time."""
    for payload in payloads:
        account_id, after = payload["account_id"], payload.get("after", 0)
        query = select(Post.id).where(Post.author_id == account_id, Post.deleted_at.is_(None), Post.id > after)
        ids = (await session.scalars(query.order_by(Post.id).limit(_ACCOUNT_AT_ONCE))).all()
        if ids:
            await _index(session, index, ids)
        if len(ids) == _ACCOUNT_AT_ONCE:
            further = {"account_id": account_id, "after": ids[-1]}
            await enqueue(session, INDEX_ACCOUNT, [(f"{account_id}:{ids[-1]}", further)])


async def rebuild(db: Database, index: SearchIndex, progress: Callable[[int, int], None]) -> None:
    """Put every account, post and job into the index anew, 1,000 at a time; `progress(done, total)` after each.

    Searches go on meanwhile, and so may the worker. Raises SearchUnavailable.
    """
    await index.prepare()
    async with db.reading() as session:
        total = await session.scalar(select(func.count()).select_from(Post).where(Post.kind != "repost")) or 0
        total += await people.count_people(session)
    done = await _rebuild_people(db, lambda done: progress(done, total))
    last = 0
    while True:
        async with db.transaction() as session:
            ids = [*await session.scalars(_after(last))]
            if not ids:
                return
            await _index(session, index, ids)
        done, last = done + len(ids), ids[-1]
        progress(done, max(done, total))


async def _rebuild_people(db: Database, progress: Callable[[int], None]) -> int:
    done = last = 0
    while True:
        async with db.transaction() as session:
            ids = await people.list_people_after(session, id=last, limit=_REBUILD_AT_ONCE)
            if not ids:
                return done
            await people.put_people(session, ids=ids)
        done, last = done + len(ids), ids[-1]
        progress(done)


def _after(last: int) -> Any:
    # Reposts have no words of their own and are never in the index.
    return select(Post.id).where(Post.id > last, Post.kind != "repost").order_by(Post.id).limit(_REBUILD_AT_ONCE)


async def _index(session: AsyncSession, index: SearchIndex, post_ids: Collection[int]) -> None:
    await session.execute(_LOCK, {"class": _LOCK_CLASS, "ids": [*post_ids]})
    documents = await load_documents(session, post_ids=post_ids)
    if documents.posts:
        await index.put_posts(documents.posts)
    if documents.jobs:
        await index.put_jobs(documents.jobs)
    if documents.absent_posts:
        await index.delete_posts(documents.absent_posts)
    if documents.absent_jobs:
        await index.delete_jobs(documents.absent_jobs)
