"""The counters of who follows whom, whose rows are also the lock of how two accounts stand to each other."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import of_account, of_viewer
from app.kit.db import touch

_LOCK = text(
    """
    SELECT account_id, following_count FROM account_stats JOIN accounts ON accounts.id = account_id
    WHERE account_id = ANY(CAST(:ids AS bigint[])) AND suspended_at IS NULL
    ORDER BY account_id FOR UPDATE OF account_stats FOR KEY SHARE OF accounts
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
    """Lock the counters of accounts until the transaction ends; how many each follows, of those that there are.

    Whoever changes how accounts stand to each other (follows, requests, blocks) locks all of them at once, in the
    order of their ids: what it reads afterwards stays true, and no two ever wait for each other. None of those locked
    is suspended until then: what a suspension finds to take out of the counters is what stands.
    """
    rows = await session.execute(_LOCK, {"ids": sorted(set(ids))})
    return {row.account_id: row.following_count for row in rows}


async def count_follows(session: AsyncSession, *, follower_ids: Collection[int], followee_id: int, by: int) -> None:
    """Add `by` (1 or -1) for a follow of `followee_id` by each of `follower_ids`. All must be locked."""
    ids = list(follower_ids)
    touch(session, of_account(followee_id), *(of_account(id) for id in ids), *(of_viewer(id) for id in ids))
    await session.execute(
        _COUNT, {"followee_id": followee_id, "follower_ids": ids, "by": by, "followers": by * len(ids)}
    )
