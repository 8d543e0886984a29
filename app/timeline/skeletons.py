"""Step one of each timeline: ids, newest first, straight from PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.kit.pagination import Page
from app.lists.models import AccountList
from app.posts.models import Post


async def home_ids(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[int]:
    """Posts of the account and of those it follows (their reposts only where it wants them)."""
    followed = (
        select(Post.id)
        .join(Follow, (Follow.followee_id == Post.author_id) & (Follow.follower_id == account_id))
        .where(or_(Post.kind != "repost", Follow.reposts))
    )
    own = select(Post.id).where(Post.author_id == account_id)
    pages = [_bounded(query.where(Post.visibility != "direct"), page).subquery() for query in (followed, own)]
    both = select(pages[0].c.id).union(select(pages[1].c.id)).subquery()
    query = select(both.c.id).order_by(both.c.id.asc() if page.ascending else both.c.id.desc()).limit(page.limit)
    return _newest_first((await session.scalars(query)).all(), page)


async def public_ids(session: AsyncSession, *, page: Page) -> Sequence[int]:
    """Everyone's public posts, without reposts and without replies to others."""
    query = select(Post.id).where(
        Post.visibility == "public",
        Post.kind != "repost",
        or_(Post.in_reply_to_account_id.is_(None), Post.in_reply_to_account_id == Post.author_id),
    )
    return _newest_first((await session.scalars(_bounded(query, page))).all(), page)


async def account_ids(
    session: AsyncSession,
    *,
    author_id: int,
    viewer_id: int | None,
    page: Page,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
) -> Sequence[int]:
    """One account's posts. What the viewer may not see is left to the rules."""
    query = select(Post.id).where(Post.author_id == author_id)
    if viewer_id is None:
        query = query.where(Post.visibility.in_(("public", "unlisted")))
    if exclude_replies:
        query = query.where(or_(Post.in_reply_to_account_id.is_(None), Post.in_reply_to_account_id == author_id))
    if exclude_reblogs:
        query = query.where(Post.kind != "repost")
    return _newest_first((await session.scalars(_bounded(query, page))).all(), page)


# Each member's newest, by their index, rather than everyone's posts sorted. Replies as the list wants them.
_LISTED = """
SELECT post.id FROM list_members AS member
LEFT JOIN follows ON follows.follower_id = :owner AND follows.followee_id = member.account_id
CROSS JOIN LATERAL (
    SELECT id FROM posts
    WHERE author_id = member.account_id AND deleted_at IS NULL AND visibility <> 'direct' AND {bounds}
        AND (kind <> 'repost' OR follows.reposts OR author_id = :owner)
        AND (in_reply_to_account_id IS NULL OR in_reply_to_account_id IN (author_id, :owner)
            OR (:policy = 'list' AND in_reply_to_account_id IN (
                SELECT account_id FROM list_members WHERE list_id = :list))
            OR (:policy = 'followed' AND in_reply_to_account_id IN (
                SELECT followee_id FROM follows WHERE follower_id = :owner)))
    ORDER BY id {order} LIMIT :limit
) AS post
WHERE member.list_id = :list AND (follows.id IS NOT NULL OR member.account_id = :owner)
ORDER BY post.id {order} LIMIT :limit
"""


async def listed_ids(session: AsyncSession, *, found: AccountList, page: Page) -> Sequence[int]:
    """Posts of those on a list, of whom its owner still follows: their replies as the list wants them."""
    bounds = "id > :floor" + ("" if page.max_id is None else " AND id < :max_id")
    statement = text(_LISTED.format(bounds=bounds, order="ASC" if page.ascending else "DESC"))
    parameters = {"list": found.id, "owner": found.account_id, "policy": found.replies_policy}
    cursors = {"floor": page.floor, "limit": page.limit} | ({} if page.max_id is None else {"max_id": page.max_id})
    return _newest_first((await session.scalars(statement, parameters | cursors)).all(), page)


def _bounded(query: Select[int], page: Page) -> Select[int]:
    query = query.where(Post.deleted_at.is_(None))
    if page.max_id is not None:
        query = query.where(Post.id < page.max_id)
    if page.floor:
        query = query.where(Post.id > page.floor)
    order: Any = Post.id.asc() if page.ascending else Post.id.desc()
    return query.order_by(order).limit(page.limit)


def _newest_first(ids: Sequence[int], page: Page) -> Sequence[int]:
    return ids[::-1] if page.ascending else ids
