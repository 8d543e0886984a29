"""Whom one may like to know: all of it bounded, whatever size the graph has."""

from collections.abc import Collection, Sequence
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Nobody who is away, hidden, or stands badly with the reader; without a reader (NULL) only the first two count.
_MAY_BE_SHOWN = """
    accounts.suspended_at IS NULL AND accounts.discoverable
    AND NOT EXISTS (SELECT FROM blocks WHERE account_id = :me AND target_id = accounts.id)
    AND NOT EXISTS (SELECT FROM blocks WHERE account_id = accounts.id AND target_id = :me)
    AND NOT EXISTS (SELECT FROM mutes WHERE account_id = :me AND target_id = accounts.id
        AND (expires_at IS NULL OR expires_at > now()))
"""
_IS_NEW = f"""
    {_MAY_BE_SHOWN} AND accounts.id <> :me
    AND NOT EXISTS (SELECT FROM follows WHERE follower_id = :me AND followee_id = accounts.id)
    AND NOT EXISTS (SELECT FROM follow_requests WHERE follower_id = :me AND followee_id = accounts.id)
    AND NOT EXISTS (SELECT FROM dismissed_suggestions WHERE account_id = :me AND target_id = accounts.id)
"""

# The last hundred one followed, and the last two hundred each of these followed: 20,000 rows at most.
_FRIENDS_OF_FRIENDS = text(
    f"""
    SELECT found.id FROM (
        SELECT theirs.followee_id AS id, count(*) AS friends
        FROM (
            SELECT followee_id FROM follows JOIN accounts AS friend ON friend.id = follows.followee_id
            WHERE follower_id = :me AND friend.suspended_at IS NULL AND NOT friend.hide_collections
            ORDER BY follows.id DESC LIMIT 100
        ) AS mine
        CROSS JOIN LATERAL (
            SELECT followee_id FROM follows WHERE follower_id = mine.followee_id ORDER BY id DESC LIMIT 200
        ) AS theirs
        GROUP BY theirs.followee_id
    ) AS found
    JOIN accounts ON accounts.id = found.id
    JOIN account_stats AS stats ON stats.account_id = found.id
    WHERE {_IS_NEW}
    ORDER BY found.friends DESC, stats.followers_count DESC, found.id DESC LIMIT :limit
    """
)

_MOST_FOLLOWED = text(
    f"""
    SELECT accounts.id FROM (
        SELECT account_id, followers_count FROM account_stats ORDER BY followers_count DESC LIMIT 500
    ) AS stats
    JOIN accounts ON accounts.id = stats.account_id
    WHERE {_IS_NEW} AND stats.followers_count > 0
    ORDER BY stats.followers_count DESC, accounts.id DESC LIMIT :limit
    """
)

_DIRECTORY = {
    order: text(
        f"""
        SELECT accounts.id FROM accounts JOIN account_stats AS stats ON stats.account_id = accounts.id
        WHERE {_MAY_BE_SHOWN} AND stats.last_post_at IS NOT NULL
        ORDER BY {column} DESC LIMIT :limit OFFSET :offset
        """
        if order == "active"
        else f"""
        SELECT accounts.id FROM accounts WHERE {_MAY_BE_SHOWN} ORDER BY {column} DESC LIMIT :limit OFFSET :offset
        """
    )
    for order, column in (("active", "stats.last_post_at"), ("new", "accounts.id"))
}

_FAMILIAR = text(
    """
    SELECT target.id, known.id FROM unnest(CAST(:ids AS bigint[])) AS target (id)
    JOIN accounts ON accounts.id = target.id AND accounts.suspended_at IS NULL AND NOT accounts.hide_collections
    CROSS JOIN LATERAL (
        SELECT friend.id FROM follows AS theirs
        JOIN follows AS mine ON mine.follower_id = :me AND mine.followee_id = theirs.follower_id
        JOIN accounts AS friend ON friend.id = mine.followee_id
        WHERE theirs.followee_id = target.id AND friend.suspended_at IS NULL AND NOT friend.hide_collections
        ORDER BY mine.id DESC LIMIT :limit
    ) AS known
    """
)


async def list_friends_of_friends(session: AsyncSession, *, account_id: int, limit: int) -> list[int]:
    """Whom the people an account follows follow, those that most of them do first."""
    return list(await session.scalars(_FRIENDS_OF_FRIENDS, {"me": account_id, "limit": limit}))


async def list_most_followed(session: AsyncSession, *, account_id: int, limit: int) -> list[int]:
    """The most followed of those the account does not follow."""
    return list(await session.scalars(_MOST_FOLLOWED, {"me": account_id, "limit": limit}))


async def list_directory(
    session: AsyncSession, *, viewer_id: int | None, order: Literal["active", "new"], limit: int, offset: int
) -> Sequence[int]:
    """Accounts that want to be found: those that posted last first, or the newest first."""
    found = await session.scalars(_DIRECTORY[order], {"me": viewer_id, "limit": limit, "offset": offset})
    return found.all()


async def load_familiar_followers(
    session: AsyncSession, *, account_id: int, ids: Collection[int], limit: int
) -> dict[int, list[int]]:
    """By account: who of those `account_id` follows follows it, `limit` at most each. Empty for who hides that."""
    found: dict[int, list[int]] = {id: [] for id in ids}
    rows = await session.execute(_FAMILIAR, {"me": account_id, "ids": list(found), "limit": limit})
    for id, friend in rows:
        found[id].append(friend)
    return found
