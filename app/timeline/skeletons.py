"""Step one of each timeline: ids, newest first, straight from PostgreSQL."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    TextClause,
    func,
    literal,
    or_,
    select,
    text,
    true,
    tuple_,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.graph.models import Follow
from app.kit.pagination import Page, bounded, newest_first
from app.lists.models import AccountList
from app.posts.models import Post, PostTag
from app.tags.models import TagFollow

# Opens a session to read with.
Reading: TypeAlias = Callable[[], AbstractAsyncContextManager[AsyncSession]]

_WITH_MEDIA = func.cardinality(Post.media_ids) > 0


async def fetch_page(
    reading: Reading, down: TextClause, up: TextClause, *, account_id: int, page: Page
) -> Sequence[int]:
    """A page of the ids of a statement that takes `account_id`, `floor`, `max_id` and `limit`, as it is for pages
    downwards and upwards.
    """
    bounds = {"floor": page.floor, "max_id": page.ceiling, "limit": page.limit}
    async with reading() as session:
        ids = await session.scalars(up if page.ascending else down, {"account_id": account_id, **bounds})
        return _newest_first(ids.all(), page)


async def home_ids(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[int]:
    """Posts of the account, of those it follows (their reposts only where it wants them), and of followed topics."""
    followed = (
        select(Post.id)
        .join(Follow, (Follow.followee_id == Post.author_id) & (Follow.follower_id == account_id))
        .where(or_(Post.kind != "repost", Follow.reposts))
    )
    pages = [
        query.where(Post.visibility != "direct").subquery()
        for query in (_bounded(followed, page), _written(account_id, page))
    ]
    # Each topic's newest, by their index.
    newest = bounded(_topical().where(PostTag.tag == TagFollow.tag), PostTag.post_id, page).lateral("newest")
    topical = select(newest.c.post_id).select_from(TagFollow).join(newest, true())
    pages.append(topical.where(TagFollow.account_id == account_id).subquery())
    all = union(*(select(next(iter(part.c)).label("id")) for part in pages)).subquery()
    query = select(all.c.id).order_by(all.c.id.asc() if page.ascending else all.c.id.desc()).limit(page.limit)
    return _newest_first((await session.scalars(query)).all(), page)


async def still_home_ids(session: AsyncSession, *, account_id: int, ids: Collection[int]) -> set[int]:
    """Which of `ids` are in what `home_ids` gives."""
    follows = select(Follow.id).where(
        Follow.follower_id == account_id,
        Follow.followee_id == Post.author_id,
        or_(Post.kind != "repost", Follow.reposts),
    )
    topics = (
        select(TagFollow.id)
        .join(PostTag, PostTag.tag == TagFollow.tag)
        .where(TagFollow.account_id == account_id, PostTag.post_id == Post.id, Post.visibility == "public")
    )
    query = select(Post.id).where(
        Post.id.in_(ids), or_(Post.author_id == account_id, follows.exists(), topics.exists())
    )
    return set(await session.scalars(query))


async def public_ids(session: AsyncSession, *, page: Page, only_media: bool = False) -> Sequence[int]:
    """Everyone's public posts, without reposts and without replies to others."""
    query = select(Post.id).where(
        Post.visibility == "public",
        Post.kind != "repost",
        or_(Post.in_reply_to_account_id.is_(None), Post.in_reply_to_account_id == Post.author_id),
    )
    if only_media:
        query = query.where(_WITH_MEDIA)
    return _newest_first((await session.scalars(_bounded(query, page))).all(), page)


@dataclass(frozen=True, slots=True)
class Tagged:
    """Which topics (folded) a post must have: one of `any`, all of `all`, none of `none`."""

    any: Sequence[str]
    all: Sequence[str] = ()
    none: Sequence[str] = ()
    only_media: bool = False


async def tagged_ids(session: AsyncSession, *, wanted: Tagged, page: Page) -> Sequence[int]:
    """Public posts with topics. Each topic's newest by their index, at most a page of each."""
    query = _topical(
        *(_has(tag) for tag in wanted.all),
        *(~_has(tag) for tag in wanted.none),
        *([_WITH_MEDIA] if wanted.only_media else []),
    )
    tops = [
        select(bounded(query.where(PostTag.tag == tag), PostTag.post_id, page).subquery().c.post_id)
        for tag in dict.fromkeys(wanted.any)
    ]
    found = union(*tops).subquery()
    rows = (await session.scalars(bounded(select(found.c.post_id), found.c.post_id, page))).all()
    return newest_first(rows, page)


def _topical(*conditions: ColumnElement[bool]) -> Select[int]:
    # Not joined: the planner would look for the topic among all the newest posts, which may be about anything else.
    fits = select(true()).where(
        Post.id == PostTag.post_id,
        Post.author_id == PostTag.author_id,
        Post.visibility == "public",
        Post.kind != "repost",
        Post.deleted_at.is_(None),
        *conditions,
    )
    return select(PostTag.post_id).where(fits.scalar_subquery())


def _has(tag: str) -> ColumnElement[bool]:
    other = aliased(PostTag)
    return (
        select(other.tag).where(other.post_id == Post.id, other.author_id == Post.author_id, other.tag == tag).exists()
    )


async def account_ids(
    session: AsyncSession,
    *,
    author_id: int,
    viewer_id: int | None,
    page: Page,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    only_media: bool = False,
    tagged: str | None = None,
) -> Sequence[int]:
    """One account's posts. What the viewer may not see is left to the rules."""
    query = _written(author_id, page)
    if viewer_id is None:
        query = query.where(Post.visibility.in_(("public", "unlisted")))
    if exclude_replies:
        query = query.where(or_(Post.in_reply_to_account_id.is_(None), Post.in_reply_to_account_id == author_id))
    if exclude_reblogs:
        query = query.where(Post.kind != "repost")
    if only_media:
        query = query.where(_WITH_MEDIA)
    if tagged is not None:
        query = query.where(_has(tagged))
    return _newest_first((await session.scalars(query)).all(), page)


# Each member's newest, by their index, rather than everyone's posts sorted; and a page of those alone whose newest is
# among the newest. Replies as the list wants them.
_LISTED = """
WITH latest AS (
    SELECT who.* FROM (
        SELECT member.account_id, follows.reposts FROM list_members AS member
        LEFT JOIN follows ON follows.follower_id = :owner AND follows.followee_id = member.account_id
        WHERE member.list_id = :list AND member.owner_id = :owner
            AND (follows.id IS NOT NULL OR member.account_id = :owner)
    ) AS who CROSS JOIN LATERAL ({posts} LIMIT 1) AS post
    ORDER BY post.id {order} LIMIT :limit
)
SELECT post.id FROM latest AS who CROSS JOIN LATERAL ({posts} LIMIT :limit) AS post
ORDER BY post.id {order} LIMIT :limit
"""
_LISTED_POSTS = """
SELECT id FROM posts
WHERE author_id = who.account_id AND deleted_at IS NULL AND visibility <> 'direct' AND {bounds}
    AND (kind <> 'repost' OR who.reposts OR author_id = :owner)
    AND (in_reply_to_account_id IS NULL OR in_reply_to_account_id IN (author_id, :owner)
        OR (:policy = 'list' AND in_reply_to_account_id IN (
            SELECT account_id FROM list_members WHERE list_id = :list AND owner_id = :owner))
        OR (:policy = 'followed' AND in_reply_to_account_id IN (
            SELECT followee_id FROM follows WHERE follower_id = :owner)))
ORDER BY id {order}
"""


async def listed_ids(session: AsyncSession, *, found: AccountList, page: Page) -> Sequence[int]:
    """Posts of those on a list, of whom its owner still follows: their replies as the list wants them."""
    bounds = "id > :floor" + ("" if page.max_id is None else " AND id < :max_id")
    order = "ASC" if page.ascending else "DESC"
    statement = text(_LISTED.format(posts=_LISTED_POSTS.format(bounds=bounds, order=order), order=order))
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


def _written(author_id: int, page: Page) -> Select[int]:
    """A page of what one account wrote, by the author's index whoever it is.

    A range of (author, id), because an author and an order by id would let the planner look for the posts of one who
    writes much among everyone's newest, however far down the page is.
    """
    key, big = (Post.author_id, Post.id), BigInteger()
    low, high = (tuple_(literal(author_id, big), literal(end, big)) for end in (page.floor, page.ceiling))
    order = [column.asc() if page.ascending else column.desc() for column in key]
    query = select(Post.id).where(tuple_(*key) > low, tuple_(*key) < high, Post.deleted_at.is_(None))
    return query.order_by(*order).limit(page.limit)


def _newest_first(ids: Sequence[int], page: Page) -> Sequence[int]:
    return ids[::-1] if page.ascending else ids
