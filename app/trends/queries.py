"""What the scores are made of, from PostgreSQL: to count one post's doings, and to rebuild every board."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.ids import at
from app.kit.work import any_of
from app.trends.scores import WINDOW_HOURS, Board, Doing

# Weights of what people do with a post: passing it on says more than liking it.
LIKED, ANSWERED, PASSED_ON = 1.0, 2.0, 2.0
_MOST = 100_000

_SINCE, _THESE = "id >= :floor", f"id >= :floor AND id {any_of('ids')}"


# Only public posts of people who are there; a topic counts the authors of posts, not those who passed them on.
def _tag_uses(which: str) -> TextClause:
    return text(
        f"""
        SELECT post_tags.tag AS thing, post.author_id AS account_id, post.created_at AS at, 1.0 AS weight
        FROM (
            SELECT id, author_id, created_at FROM posts WHERE visibility = 'public' AND deleted_at IS NULL AND {which}
        ) AS post JOIN post_tags ON post_tags.post_id = post.id AND post_tags.author_id = post.author_id
        JOIN accounts ON accounts.id = post.author_id AND accounts.suspended_at IS NULL
        ORDER BY post.id DESC LIMIT :most
        """
    )


def _post_doings(which: str, likes: str) -> TextClause:
    return text(
        f"""
        SELECT CAST(original.id AS text) AS thing, doing.account_id, doing.at, doing.weight
        FROM (
            SELECT coalesce(repost_of_id, quote_of_id, in_reply_to_id) AS post_id, author_id AS account_id,
                created_at AS at,
                CASE WHEN in_reply_to_id IS NULL THEN {PASSED_ON} ELSE {ANSWERED} END AS weight
            FROM posts
            WHERE deleted_at IS NULL AND visibility IN ('public', 'unlisted') AND {which}
                AND coalesce(repost_of_id, quote_of_id, in_reply_to_id) IS NOT NULL
            {likes}
        ) AS doing
        JOIN posts AS original ON original.id = doing.post_id AND original.visibility = 'public'
            AND original.deleted_at IS NULL AND original.author_id <> doing.account_id
        JOIN accounts AS author
            ON author.id = original.author_id AND author.suspended_at IS NULL AND author.discoverable
        JOIN accounts ON accounts.id = doing.account_id AND accounts.suspended_at IS NULL
        ORDER BY doing.at DESC LIMIT :most
        """
    )


# All of a board's window, and what some posts did: a plan for each.
_ALL_DOINGS: dict[Board, TextClause] = {
    "tag": _tag_uses(_SINCE),
    "post": _post_doings(
        _SINCE, f"UNION ALL SELECT post_id, account_id, created_at, {LIKED} FROM likes WHERE {_SINCE}"
    ),
}
_DOINGS_OF: dict[Board, TextClause] = {"tag": _tag_uses(_THESE), "post": _post_doings(_THESE, "")}
_LIKE = text(
    """
    SELECT CAST(posts.id AS text) AS thing, likes.account_id, likes.created_at AS at, CAST(:liked AS float) AS weight
    FROM unnest(CAST(:posts AS bigint[]), CAST(:people AS bigint[])) AS asked (post_id, account_id)
    JOIN likes ON likes.post_id = asked.post_id AND likes.account_id = asked.account_id
    JOIN posts ON posts.id = likes.post_id AND posts.visibility = 'public' AND posts.deleted_at IS NULL
        AND posts.author_id <> likes.account_id
    JOIN accounts AS author ON author.id = posts.author_id AND author.suspended_at IS NULL AND author.discoverable
    """
)


async def list_doings(
    session: AsyncSession, *, board: Board, now: datetime, post_ids: Collection[int] | None = None
) -> list[Doing]:
    """What was done within the window up to `now`: all of it, or what these posts did."""
    parameters: dict[str, object] = {
        "floor": at(now - timedelta(hours=WINDOW_HOURS)),
        "most": _MOST,
    }
    if post_ids is None:
        rows = await session.execute(_ALL_DOINGS[board], parameters)
    else:
        rows = await session.execute(_DOINGS_OF[board], parameters | {"ids": list(post_ids)})
    return [Doing(row.thing, row.account_id, row.at, float(row.weight)) for row in rows]


async def list_likes(session: AsyncSession, *, pairs: Collection[tuple[int, int]]) -> list[Doing]:
    """The likes, as (post, account), that still stand and count."""
    parameters = {
        "posts": [post_id for post_id, _ in pairs],
        "people": [account_id for _, account_id in pairs],
        "liked": LIKED,
    }
    rows = await session.execute(_LIKE, parameters)
    return [Doing(row.thing, row.account_id, row.at, float(row.weight)) for row in rows]
