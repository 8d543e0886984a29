"""Jobs that reached a person through those they follow. PostgreSQL says which, and no engine."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_NEAR = 1000
_MOST_FOLLOWED = 2000
_NEWEST_OF_EACH = 50

# Each one's newest reposts, by their index, rather than everyone's sorted.
_NEAR = text(
    """
    WITH followed AS (
        SELECT followee_id, reposts FROM follows
        WHERE follower_id = :me AND NOT EXISTS (
            SELECT FROM mutes WHERE account_id = :me AND target_id = follows.followee_id
                AND (expires_at IS NULL OR expires_at > now())
        )
        ORDER BY id DESC LIMIT :most_followed
    ), brought AS (
        SELECT jobs.id, followee_id, reposted.id AS by_post
        FROM followed
        CROSS JOIN LATERAL (
            SELECT id, repost_of_id FROM posts
            WHERE author_id = followee_id AND kind = 'repost' AND deleted_at IS NULL
            ORDER BY id DESC LIMIT :newest
        ) AS reposted
        JOIN jobs ON jobs.post_id = reposted.repost_of_id
        WHERE reposts AND jobs.state = 'open'
        UNION ALL
        SELECT published.id, followee_id, published.post_id
        FROM followed
        CROSS JOIN LATERAL (
            SELECT id, post_id FROM jobs
            WHERE author_id = followee_id AND state = 'open' AND post_id IS NOT NULL
            ORDER BY id DESC LIMIT :newest
        ) AS published
        WHERE :with_own
    )
    SELECT id FROM brought GROUP BY id ORDER BY count(DISTINCT followee_id) DESC, max(by_post) DESC LIMIT :most
    """
)


async def list_near_job_ids(session: AsyncSession, *, account_id: int, reposted_only: bool) -> list[int]:
    """Open jobs that people the account follows reposted or, unless `reposted_only`, published themselves.

    Those that most of these people brought come first, then those brought last; at most 1,000. Muted people bring
    nothing, nor does anyone the account follows without reposts by reposting.
    """
    parameters = {
        "me": account_id,
        "with_own": not reposted_only,
        "newest": _NEWEST_OF_EACH,
        "most_followed": _MOST_FOLLOWED,
        "most": MOST_NEAR,
    }
    return list(await session.scalars(_NEAR, parameters))
