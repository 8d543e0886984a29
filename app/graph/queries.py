"""Reads of the follow graph."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.models import Block, Endorsement, Follow, FollowRequest, Mute
from app.kit.pagination import Page, bounded, newest_first

# Of a list people page through: where an entry stands in it, and whom it names.
Entry: TypeAlias = tuple[int, int]


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
    JOIN accounts ON accounts.id = other.id AND (accounts.suspended_at IS NULL OR CAST(:with_suspended AS boolean))
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


async def load_standings(
    session: AsyncSession, *, account_id: int, ids: Collection[int], with_suspended: bool = False
) -> dict[int, Standing]:
    """How `account_id` and each of `ids` (those that exist and, unless asked for, are not suspended) stand."""
    if not ids:
        return {}
    asked = {"me": account_id, "ids": list(set(ids)), "with_suspended": with_suspended}
    rows = await session.execute(_STANDINGS, asked)
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


async def page_followers(
    session: AsyncSession, *, followee_id: int, viewer_id: int | None, page: Page
) -> Sequence[Entry]:
    """Who follows an account, latest first, of those the viewer meets."""
    query = _entries(Follow.id, Follow.follower_id, viewer_id=None if viewer_id == followee_id else viewer_id)
    return await _page(session, query.where(Follow.followee_id == followee_id), Follow.id, page)


async def page_following(
    session: AsyncSession, *, follower_id: int, viewer_id: int | None, page: Page
) -> Sequence[Entry]:
    """Whom an account follows, latest first, of those the viewer meets."""
    query = _entries(Follow.id, Follow.followee_id, viewer_id=None if viewer_id == follower_id else viewer_id)
    return await _page(session, query.where(Follow.follower_id == follower_id), Follow.id, page)


async def page_endorsed(
    session: AsyncSession, *, account_id: int, viewer_id: int | None, page: Page
) -> Sequence[Entry]:
    """Whom an account shows on its profile, latest first, of those the viewer meets."""
    shown = None if viewer_id == account_id else viewer_id
    query = _entries(Endorsement.id, Endorsement.target_id, viewer_id=shown)
    return await _page(session, query.where(Endorsement.account_id == account_id), Endorsement.id, page)


async def page_follow_requests(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[Entry]:
    """Who waits to be let follow an account, latest first."""
    query = _entries(FollowRequest.id, FollowRequest.follower_id, viewer_id=None)
    return await _page(session, query.where(FollowRequest.followee_id == account_id), FollowRequest.id, page)


async def page_blocked(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[Entry]:
    """Whom an account blocks, latest first."""
    query = _entries(Block.id, Block.target_id, viewer_id=None)
    return await _page(session, query.where(Block.account_id == account_id), Block.id, page)


async def page_muted(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[Entry]:
    """Whom an account mutes now, latest first."""
    query = _entries(Mute.id, Mute.target_id, viewer_id=None)
    return await _page(session, query.where(Mute.account_id == account_id, _lasts()), Mute.id, page)


async def load_mutes(session: AsyncSession, *, account_id: int, target_ids: Collection[int]) -> dict[int, Mute]:
    """The mutes in force of an account, by whom they mute."""
    rows = await session.scalars(
        select(Mute).where(Mute.account_id == account_id, Mute.target_id.in_(target_ids), _lasts())
    )
    return {mute.target_id: mute for mute in rows}


async def count_follow_requests(session: AsyncSession, *, account_id: int) -> int:
    """How many wait to be let follow an account; counting stops at 1000."""
    some = select(FollowRequest.id).where(FollowRequest.followee_id == account_id).limit(1000).subquery()
    return await session.scalar(select(func.count()).select_from(some)) or 0


async def may_list_follows(session: AsyncSession, *, account: Account, viewer_id: int | None) -> bool:
    """Whether the viewer is shown whom an account follows and who follows it."""
    if viewer_id == account.id:
        return True
    return not account.hide_collections and not await is_blocked(session, by=account.id, target_id=viewer_id)


async def is_blocked(session: AsyncSession, *, by: int, target_id: int | None) -> bool:
    """Whether `by` keeps `target_id` (None: anyone at all) away."""
    return target_id is not None and await find_block(session, account_id=by, target_id=target_id) is not None


def _lasts() -> ColumnElement[bool]:
    return or_(Mute.expires_at.is_(None), Mute.expires_at > func.now())


def _entries(cursor: Any, person: Any, *, viewer_id: int | None) -> Select[int, int]:
    """Rows of (cursor, account), without the suspended and whom the viewer keeps away or is kept away by."""
    query = select(cursor, person).join(Account, Account.id == person).where(Account.suspended_at.is_(None))
    if viewer_id is None:
        return query
    blocking = select(Block.id).where(Block.account_id == viewer_id, Block.target_id == person).exists()
    blocked = select(Block.id).where(Block.account_id == person, Block.target_id == viewer_id).exists()
    muting = select(Mute.id).where(Mute.account_id == viewer_id, Mute.target_id == person, _lasts()).exists()
    return query.where(~blocking, ~blocked, ~muting)


async def _page(session: AsyncSession, query: Select[int, int], cursor: Any, page: Page) -> Sequence[Entry]:
    rows = (await session.execute(bounded(query, cursor, page))).all()
    return newest_first([(id, person) for id, person in rows], page)


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
