"""Keeping the index in line with PostgreSQL. Handlers may run twice, late, or out of order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.search import queue
from app.search.documents import load_documents
from app.search.index import SearchIndex

INDEX_ACCOUNT = "search.index_account"
_ACCOUNT_AT_ONCE = 500
# Two workers must not index one post at a time: what the slower one read would overwrite the newer state.
_LOCK_CLASS = 8_203_128
_LOCK = text(
    """
    SELECT pg_advisory_xact_lock(:class, hashint8(id))
    FROM (SELECT id FROM unnest(CAST(:ids AS bigint[])) AS id ORDER BY hashint8(id)) AS ordered
    """
)


async def index_posts(
    session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]], *, targets: Sequence[str]
) -> None:
    """Bring each payload's post ("post_id") and its job up to date in the index, or take them out of it.

    `targets` are engines with writers of their own, who will hear of them. Holds a lock on each post until `session`'s
    transaction ends. Raises SearchUnavailable.
    """
    await index_ids(session, index, {payload["post_id"] for payload in payloads}, targets)


async def index_jobs(
    session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]], *, targets: Sequence[str]
) -> None:
    """Like `index_posts`, for the posts that carry each payload's job ("job_id")."""
    ids = {payload["job_id"] for payload in payloads}
    post_ids = await session.scalars(select(Job.post_id).where(Job.id.in_(ids), Job.post_id.is_not(None)))
    await index_ids(session, index, {id for id in post_ids if id is not None}, targets)


async def index_account(
    session: AsyncSession, index: SearchIndex, payloads: Sequence[Mapping[str, Any]], *, targets: Sequence[str]
) -> None:
    """Like `index_posts`, for all that each payload's account ("account_id") wrote, 500 posts at a time."""
    for payload in payloads:
        account_id, after = payload["account_id"], payload.get("after", 0)
        query = select(Post.id).where(Post.author_id == account_id, Post.deleted_at.is_(None), Post.id > after)
        ids = (await session.scalars(query.order_by(Post.id).limit(_ACCOUNT_AT_ONCE))).all()
        if ids:
            await index_ids(session, index, ids, targets)
        if len(ids) == _ACCOUNT_AT_ONCE:
            further = {"account_id": account_id, "after": ids[-1]}
            await enqueue(session, INDEX_ACCOUNT, [(f"{account_id}:{ids[-1]}", further)])


async def index_ids(
    session: AsyncSession, index: SearchIndex, post_ids: Collection[int], targets: Sequence[str] = ()
) -> None:
    """Bring posts and their jobs up to date in `index`, PostgreSQL's own, and let `targets` be told of them.

    Holds a lock on each post until `session`'s transaction ends.
    """
    await session.execute(_LOCK, {"class": _LOCK_CLASS, "ids": [*post_ids]})
    documents = await load_documents(session, post_ids=post_ids)
    for write in documents.writes(index):
        await write()
    indexed = [*documents.absent_posts, *(document.id for document in documents.posts)]
    await queue.put(session, targets=targets, post_ids=indexed)
