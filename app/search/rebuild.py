"""Building an index anew from PostgreSQL, while searches and changes go on."""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.db import Database
from app.posts.models import Post
from app.search import people, queue
from app.search.documents import SEARCHABLE_VISIBILITIES
from app.search.handlers import index_ids
from app.search.index import SearchIndex
from app.search.mirror import Contents, Mirror
from app.search.models import SearchPost
from app.search.sending import send, send_waiting

_AT_ONCE = 1000
# What was published or deleted while the copy was made, and what is parked, may differ; more than this is a mistake.
_MAY_DIFFER = 0.001

# (done, total) after each part.
Progress: TypeAlias = Callable[[int, int], None]


class RebuildFailed(Exception):
    """The new index does not hold what it should. The old one goes on answering."""


async def rebuild(db: Database, index: SearchIndex, progress: Progress) -> None:
    """Put every account, post and job into PostgreSQL's index anew, 1,000 at a time, in place.

    Each part replaces what was there, so that searches never find less than before, and the worker may go on.
    """
    await index.prepare()
    async with db.reading() as session:
        total = await _count(session) + await people.count_people(session)
    done = await _rebuild_people(db, lambda done: progress(done, total))
    last = 0
    while True:
        async with db.transaction() as session:
            ids = [*await session.scalars(_after(last))]
            if not ids:
                break
            await index_ids(session, index, ids)
        done, last = done + len(ids), ids[-1]
        progress(done, max(done, total))
    async with db.transaction() as session:
        await session.execute(delete(SearchPost).where(~select(Post.id).where(Post.id == SearchPost.id).exists()))


async def build_mirror(db: Database, mirror: Mirror, progress: Progress) -> None:
    """Build `mirror` beside itself and swap. The caller is `writing`. Raises SearchUnavailable and RebuildFailed.

    Everything that changes meanwhile goes into both indexes, between two parts of the copy and in this process, so
    that no copied part can overwrite a newer state. Broken off at any time, it leaves the old index as it was.
    """
    target = mirror.name
    following = await mirror.open_next()
    both = [following] if await mirror.state() == "missing" else [mirror, following]
    async with db.reading() as session:
        total = await _count(session)
    done = last = 0
    while True:
        await send_waiting(db, target=target, indexes=both)
        async with db.reading() as session:
            ids = [*await session.scalars(_after(last))]
        if not ids:
            break
        refused = await send(db, post_ids=ids, indexes=[following], absent=False)
        if refused:
            await _park(db, target, refused)
        done, last = done + len(ids), ids[-1]
        progress(done, max(done, total))
    while await send_waiting(db, target=target, indexes=both):
        pass
    await _verify(db, target, following)
    await mirror.take_next()


async def _verify(db: Database, target: str, following: Contents) -> None:
    held, _ = await following.count()
    async with db.reading() as session:
        expected = await count_searchable(session)
        behind = await queue.state_of(session, target=target)
    if abs(expected - held) > behind.waiting + behind.parked + max(10, expected * _MAY_DIFFER):
        raise RebuildFailed(f"{held} posts are in the new index, and {expected} should be")


async def _park(db: Database, target: str, refused: dict[int, str]) -> None:
    async with db.transaction() as session:
        await queue.put(session, targets=[target], post_ids=refused.keys())
        for row in await queue.load(session, target=target, post_ids=refused.keys()):
            await queue.park(session, target=target, row=row, error=refused[row.post_id])


async def _rebuild_people(db: Database, progress: Callable[[int], None]) -> int:
    done = last = 0
    while True:
        async with db.transaction() as session:
            ids = await people.list_people_after(session, id=last, limit=_AT_ONCE)
            if not ids:
                return done
            await people.put_people(session, ids=ids)
        done, last = done + len(ids), ids[-1]
        progress(done)


async def _count(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Post).where(Post.kind != "repost")) or 0


async def count_searchable(session: AsyncSession) -> int:
    """How many posts there should be in an index."""
    searchable = (
        select(func.count())
        .select_from(Post)
        .join(Account, Account.id == Post.author_id)
        .where(
            Post.kind != "repost",
            Post.deleted_at.is_(None),
            Post.visibility.in_(SEARCHABLE_VISIBILITIES),
            Account.suspended_at.is_(None),
        )
    )
    return await session.scalar(searchable) or 0


def _after(last: int) -> Any:
    # Reposts have no words of their own and are never in the index.
    return select(Post.id).where(Post.id > last, Post.kind != "repost").order_by(Post.id).limit(_AT_ONCE)
