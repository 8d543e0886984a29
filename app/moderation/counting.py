"""Takes what a suspended account did out of others' counters, and puts it back, some at a time.

What counts is walked in four steps, each by rising id: whom it follows, who follows it, what it likes, what it posted.
How far the walk has come is kept in its `Suspension`, in the transaction that changes the counters. Nobody can change
what was walked while the account is suspended, so the way back meets exactly what the way forth took out, wherever
it turns round.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.moderation.models import Suspension

AT_ONCE = 1000
LAST_STEP = 4

# One page of a step: what is counted, as (id, the row whose counter it is, further rows for posts).
_PAGES = {
    1: "SELECT id, followee_id AS target FROM follows WHERE follower_id = :account_id",
    2: "SELECT id, follower_id AS target FROM follows WHERE followee_id = :account_id",
    3: "SELECT id, post_id AS target FROM likes WHERE account_id = :account_id",
    4: """
        SELECT id, repost_of_id, CASE WHEN quote_state = 'accepted' THEN quote_of_id END AS quote_of_id, in_reply_to_id
        FROM posts WHERE author_id = :account_id AND deleted_at IS NULL AND visibility IN ('public', 'unlisted')
    """,
}
_COUNTERS = {
    1: ("account_stats", "followers_count"),
    2: ("account_stats", "following_count"),
    3: ("post_stats", "likes_count"),
}

_COUNT = """
    locked AS (
        SELECT stats.{key} FROM {table} AS stats WHERE stats.{key} IN (SELECT target FROM page)
        ORDER BY stats.{key} FOR UPDATE
    ), counted AS (
        UPDATE {table} AS stats SET {column} = {column} + :by FROM locked WHERE stats.{key} = locked.{key}
    )
"""
_COUNT_POSTS = """
    changes AS (
        SELECT post_id, sum(reposts) AS reposts, sum(quotes) AS quotes, sum(replies) AS replies FROM (
            SELECT repost_of_id AS post_id, 1 AS reposts, 0 AS quotes, 0 AS replies FROM page
            UNION ALL SELECT quote_of_id, 0, 1, 0 FROM page
            UNION ALL SELECT in_reply_to_id, 0, 0, 1 FROM page
        ) AS change WHERE post_id IS NOT NULL GROUP BY post_id
    ), locked AS (
        SELECT stats.post_id FROM post_stats AS stats WHERE stats.post_id IN (SELECT post_id FROM changes)
        ORDER BY stats.post_id FOR UPDATE
    ), counted AS (
        UPDATE post_stats AS stats SET reposts_count = reposts_count + :by * changes.reposts,
            quotes_count = quotes_count + :by * changes.quotes, replies_count = replies_count + :by * changes.replies
        FROM changes JOIN locked USING (post_id) WHERE stats.post_id = changes.post_id
    )
"""


def _statement(step: int, *, forth: bool) -> str:
    bound, order = ("id > :cursor", "id") if forth else ("id <= :cursor", "id DESC")
    if step == LAST_STEP:
        count = _COUNT_POSTS
    else:
        table, column = _COUNTERS[step]
        count = _COUNT.format(table=table, column=column, key="account_id" if table == "account_stats" else "post_id")
    return f"""
        WITH page AS MATERIALIZED ({_PAGES[step]} AND {bound} ORDER BY {order} LIMIT {AT_ONCE}), {count}
        SELECT count(*) AS found, {"max" if forth else "min"}(id) AS last FROM page
    """


_FORTH = {step: text(_statement(step, forth=True)) for step in range(1, LAST_STEP + 1)}
_BACK = {step: text(_statement(step, forth=False)) for step in range(1, LAST_STEP + 1)}
_END = 2**63 - 1


async def go_on(session: AsyncSession, suspension: Suspension) -> bool:
    """Walk one page in the direction the suspension goes; whether that was the end. The row must be locked."""
    if suspension.ending:
        return await _back(session, suspension)
    return await _forth(session, suspension)


async def _forth(session: AsyncSession, suspension: Suspension) -> bool:
    if suspension.step > LAST_STEP:
        return True
    if suspension.step == 0:
        suspension.step, suspension.cursor = 1, 0
    parameters = {"account_id": suspension.account_id, "cursor": suspension.cursor, "by": -1}
    found, last = (await session.execute(_FORTH[suspension.step], parameters)).one()
    if found:
        suspension.cursor = last
    if found < AT_ONCE:
        suspension.step, suspension.cursor = suspension.step + 1, 0
    return suspension.step > LAST_STEP


async def _back(session: AsyncSession, suspension: Suspension) -> bool:
    if suspension.step > LAST_STEP:
        suspension.step, suspension.cursor = LAST_STEP, _END
    if suspension.step == 0:
        return True
    parameters = {"account_id": suspension.account_id, "cursor": suspension.cursor, "by": 1}
    found, last = (await session.execute(_BACK[suspension.step], parameters)).one()
    if found:
        suspension.cursor = last - 1
    if found < AT_ONCE:
        suspension.step, suspension.cursor = suspension.step - 1, _END
    return suspension.step == 0
