"""The counters of who follows whom, whose rows are also the lock of how two accounts stand to each other."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LOCK = text(
    """
    SELECT account_id, following_count FROM account_stats WHERE account_id = ANY(CAST(:ids AS bigint[]))
    ORDER BY account_id FOR UPDATE
    """
)

_COUNT = text(
    """
    UPDATE account_stats SET
        following_count = following_count + CASE WHEN account_id = :followee_id THEN 0 ELSE :by END,
        followers_count = followers_count + CASE WHEN account_id = :followee_id THEN :followers ELSE 0 END
    WHERE account_id = :followee_id OR account_id = ANY(CAST(:follower_ids AS bigint[]))
    """
)


async def lock(session: AsyncSession, *ids: int) -> dict[int, int]:
    """Lock the counters of accounts until the transaction ends; how many each follows, of those that exist.

    Whoever changes how accounts stand to each other (follows, requests, blocks) locks all of them at once, in the
    order of their ids: what it reads afterwards stays true, and no two ever wait for each other.
    """
    rows = await session.execute(_LOCK, {"ids": sorted(set(ids))})
    return {row.account_id: row.following_count for row in rows}


async def count_follows(session: AsyncSession, *, follower_ids: Collection[int], followee_id: int, by: int) -> None:
    """Add `by` (1 or -1) for a follow of `followee_id` by each of `follower_ids`. All must be locked."""
    ids = list(follower_ids)
    await session.execute(
        _COUNT, {"followee_id": followee_id, "follower_ids": ids, "by": by, "followers": by * len(ids)}
    )
