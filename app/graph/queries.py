"""Reads of the follow graph."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.kit.pagination import Page


async def load_follows(session: AsyncSession, *, follower_id: int, followee_ids: Collection[int]) -> dict[int, Follow]:
    """Which of `followee_ids` the follower follows, and how."""
    if not followee_ids:
        return {}
    rows = await session.scalars(
        select(Follow).where(Follow.follower_id == follower_id, Follow.followee_id.in_(followee_ids))
    )
    return {follow.followee_id: follow for follow in rows}


async def load_followers(session: AsyncSession, *, followee_id: int, follower_ids: Collection[int]) -> set[int]:
    """Which of `follower_ids` follow the followee."""
    if not follower_ids:
        return set()
    rows = await session.scalars(
        select(Follow.follower_id).where(Follow.followee_id == followee_id, Follow.follower_id.in_(follower_ids))
    )
    return set(rows)


async def list_followee_ids(session: AsyncSession, *, follower_id: int, limit: int) -> list[int]:
    """Whom an account follows, latest follows first, at most `limit`."""
    rows = await session.scalars(
        select(Follow.followee_id)
        .where(Follow.follower_id == follower_id)
        .order_by(Follow.created_at.desc(), Follow.followee_id.desc())
        .limit(limit)
    )
    return list(rows)


async def page_followers(session: AsyncSession, *, followee_id: int, page: Page) -> Sequence[int]:
    """Ids of followers, by falling id: the cursor is the account's id."""
    query = select(Follow.follower_id).where(Follow.followee_id == followee_id, Follow.follower_id > page.floor)
    return await _page(session, query, Follow.follower_id, page)


async def page_following(session: AsyncSession, *, follower_id: int, page: Page) -> Sequence[int]:
    """Ids of the followed, by falling id: the cursor is the account's id."""
    query = select(Follow.followee_id).where(Follow.follower_id == follower_id, Follow.followee_id > page.floor)
    return await _page(session, query, Follow.followee_id, page)


async def _page(session: AsyncSession, query, column, page: Page) -> Sequence[int]:  # type: ignore[no-untyped-def]
    if page.max_id is not None:
        query = query.where(column < page.max_id)
    query = query.order_by(column if page.ascending else column.desc()).limit(page.limit)
    ids = (await session.scalars(query)).all()
    return ids[::-1] if page.ascending else ids


async def follower_ranges(session: AsyncSession, *, followee_id: int, size: int) -> list[tuple[int, int]]:
    """Cut the followers into ranges of at most `size`, as inclusive (lowest id, highest id) pairs."""
    numbered = (
        select(Follow.follower_id, func.row_number().over(order_by=Follow.follower_id).label("number"))
        .where(Follow.followee_id == followee_id)
        .subquery()
    )
    rows = await session.execute(
        select(func.min(numbered.c.follower_id), func.max(numbered.c.follower_id)).group_by(
            (numbered.c.number - 1) // size
        )
    )
    return sorted((low, high) for low, high in rows)


async def follower_ids_between(
    session: AsyncSession, *, followee_id: int, low: int, high: int, with_reposts: bool
) -> list[int]:
    """Followers with low <= id <= high; with `with_reposts` only those who want the followee's reposts."""
    query = select(Follow.follower_id).where(Follow.followee_id == followee_id, Follow.follower_id.between(low, high))
    if with_reposts:
        query = query.where(Follow.reposts)
    return list(await session.scalars(query))
