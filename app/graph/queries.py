"""Reads of the follow graph."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Block, Follow
from app.kit.pagination import Page


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account and another stand to each other; the first is meant where nothing else is said."""

    id: int
    following: bool
    reposts: bool
    notify: bool
    languages: list[str] | None
    requested: bool
    followed_by: bool
    requested_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: datetime | None
    endorsed: bool
    note: str


_STANDINGS = text(
    """
    SELECT other.id, mine.id IS NOT NULL AS following,
        coalesce(mine.reposts, asked.reposts, false) AS reposts, coalesce(mine.notify, asked.notify, false) AS notify,
        coalesce(mine.languages, asked.languages) AS languages, asked.id IS NOT NULL AS requested,
        theirs.id IS NOT NULL AS followed_by, asks.id IS NOT NULL AS requested_by,
        blocking.id IS NOT NULL AS blocking, blocked_by.id IS NOT NULL AS blocked_by,
        mutes.id IS NOT NULL AS muting, coalesce(mutes.notifications, false) AS muting_notifications,
        mutes.expires_at AS muting_expires_at, endorsements.id IS NOT NULL AS endorsed,
        coalesce(account_notes.comment, '') AS note
    FROM unnest(CAST(:ids AS bigint[])) AS other (id)
    JOIN accounts ON accounts.id = other.id AND accounts.suspended_at IS NULL
    LEFT JOIN follows AS mine ON mine.follower_id = :me AND mine.followee_id = other.id
    LEFT JOIN follow_requests AS asked ON asked.follower_id = :me AND asked.followee_id = other.id
    LEFT JOIN follows AS theirs ON theirs.follower_id = other.id AND theirs.followee_id = :me
    LEFT JOIN follow_requests AS asks ON asks.follower_id = other.id AND asks.followee_id = :me
    LEFT JOIN blocks AS blocking ON blocking.account_id = :me AND blocking.target_id = other.id
    LEFT JOIN blocks AS blocked_by ON blocked_by.account_id = other.id AND blocked_by.target_id = :me
    LEFT JOIN mutes ON mutes.account_id = :me AND mutes.target_id = other.id
        AND (mutes.expires_at IS NULL OR mutes.expires_at > now())
    LEFT JOIN endorsements ON endorsements.account_id = :me AND endorsements.target_id = other.id
    LEFT JOIN account_notes ON account_notes.account_id = :me AND account_notes.target_id = other.id
    """
)


async def load_standings(session: AsyncSession, *, account_id: int, ids: Collection[int]) -> dict[int, Standing]:
    """How `account_id` and each of `ids` (those that exist and are not suspended) stand to each other."""
    if not ids:
        return {}
    rows = await session.execute(_STANDINGS, {"me": account_id, "ids": list(set(ids))})
    return {row.id: Standing(**row._mapping) for row in rows}


async def find_block(session: AsyncSession, *, account_id: int, target_id: int) -> Block | None:
    """The block by which `account_id` keeps `target_id` away."""
    return await session.get(Block, (account_id, target_id))


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
