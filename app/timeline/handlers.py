"""What posts and follows do to stored feeds. Every handler may run twice, late, or out of order."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.graph.queries import follower_ids_between, follower_ranges
from app.kit.pagination import Page
from app.kit.work import Plain, any_of, work_of
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.timeline.feeds import CAPACITY, Feeds
from app.timeline.news import FAN_OUT_CHUNK
from app.timeline.pulling import pushes, reconsider
from app.timeline.skeletons import account_ids, still_home_ids

# Whoever has no more is served in one go, and most have fewer.
_FOLLOWERS_PER_CHUNK = 2000
# Nobody waits for feeds: half of the time belongs to those who read.
_REST = 1.0
# Of many posts, as much as is held in memory.
_DELIVERIES_AT_ONCE = 200_000

_NEW = text(
    """
    SELECT post.id, post.author_id, post.kind = 'repost' AS repost, stats.followers_count, pulled.state, pulled.since
    FROM posts AS post
    JOIN account_stats AS stats ON stats.account_id = post.author_id
    LEFT JOIN pulled_authors AS pulled ON pulled.account_id = post.author_id
    WHERE post.id = ANY(CAST(:ids AS bigint[])) AND post.deleted_at IS NULL AND post.visibility <> 'direct'
    ORDER BY post.author_id, post.id
    """
)


async def fan_out(
    session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]], *, pull_followers: int
) -> None:
    """Put new posts into their authors' feeds and, by chunks of followers, into theirs.

    Posts of pulled authors go into their own feeds alone. Here it is noticed who should be one: `app.timeline.pulling`.
    """
    found = (await session.execute(_NEW, {"ids": [payload["post_id"] for payload in payloads]})).all()
    by_author = {author_id: list(posts) for author_id, posts in groupby(found, key=lambda post: post.author_id)}
    pushed = [post for post in found if pushes(post.state, post.since, post_id=post.id)]
    few = {post.author_id for post in pushed if post.followers_count <= _FOLLOWERS_PER_CHUNK}
    for some in _by_cost([post for post in pushed if post.author_id in few]):
        await _deliver_to_few(session, feeds, some)
    for author_id, posts in by_author.items():
        if author_id not in few:
            await feeds.push([author_id], [post.id for post in posts])
        state, followers = posts[0].state, posts[0].followers_count
        await reconsider(session, author_id=author_id, state=state, followers=followers, threshold=pull_followers)
    for author_id, many in groupby(
        (post for post in pushed if post.author_id not in few), key=lambda post: post.author_id
    ):
        await _share_out(session, author_id, [post.id for post in many])


def _by_cost(posts: Sequence[Any]) -> Iterator[list[Any]]:
    """Posts, so many at a time that what they bring is not too much to hold."""
    some, deliveries = list[Any](), 0
    for post in posts:
        some.append(post)
        deliveries += 1 + post.followers_count
        if deliveries > _DELIVERIES_AT_ONCE:
            yield some
            some, deliveries = [], 0
    if some:
        yield some


_FOLLOWERS = Plain(
    f"""
    SELECT followee_id, array_agg(follower_id) FILTER (WHERE reposts), array_agg(follower_id) FILTER (WHERE NOT reposts)
    FROM follows WHERE followee_id {any_of("ids")} GROUP BY followee_id
    """
)


async def _deliver_to_few(session: AsyncSession, feeds: Feeds, posts: Sequence[Any]) -> None:
    """All posts of these few followers in one go: each reader's feed is written once."""
    work = await work_of(session)
    followers = {
        followee_id: (everything or (), originals or ())
        for followee_id, everything, originals in await work.rows(_FOLLOWERS, ids=[post.author_id for post in posts])
    }
    due = defaultdict[int, list[int]](list)
    for post in posts:
        # Looked up once, not for each reader: a row's attributes cost more than the rest of this.
        id, author_id = post.id, post.author_id
        everything, originals = followers.get(author_id, ((), ()))
        for reader_id in (author_id, *everything, *(() if post.repost else originals)):
            due[reader_id].append(id)
    await feeds.push_each(due, rest=_REST)


async def _share_out(session: AsyncSession, author_id: int, post_ids: Sequence[int]) -> None:
    ranges = await follower_ranges(session, followee_id=author_id, size=_FOLLOWERS_PER_CHUNK)
    chunks = [
        (f"{post_id}:{low}", {"post_id": post_id, "low": low, "high": high})
        for post_id in post_ids
        for low, high in ranges
    ]
    if chunks:
        await enqueue(session, FAN_OUT_CHUNK, chunks)


async def fan_out_chunk(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Put a post into the feeds of one range of followers."""
    for payload in payloads:
        post = await _living_post(session, payload["post_id"])
        if post is not None:
            await _deliver(session, feeds, post, payload["low"], payload["high"])


async def _deliver(session: AsyncSession, feeds: Feeds, post: Post, low: int, high: int) -> None:
    followers = await follower_ids_between(
        session, followee_id=post.author_id, low=low, high=high, with_reposts=post.kind == "repost"
    )
    await feeds.push(followers, [post.id])


async def follow_feed(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Bring a feed in line with a follow that was made or removed: the graph as it is now decides."""
    for payload in payloads:
        follower_id, followee_id = payload["follower_id"], payload["followee_id"]
        follow = await session.get(Follow, (follower_id, followee_id))
        page = Page(limit=CAPACITY + 1)
        ids = await account_ids(
            session,
            author_id=followee_id,
            viewer_id=follower_id,
            page=page,
            exclude_reblogs=follow is not None and not follow.reposts,
        )
        if follow is None:
            # What comes by a followed topic stays.
            home = await still_home_ids(session, account_id=follower_id, ids=ids)
            await feeds.remove([follower_id], [id for id in ids if id not in home])
        else:
            await feeds.push([follower_id], ids)


async def withdraw(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Take a deleted post out of the feeds of its author's followers. Readers do not wait for it: rules hide it."""
    for payload in payloads:
        author_id = await session.scalar(
            select(Post.author_id).where(Post.id == payload["post_id"], Post.deleted_at.is_not(None))
        )
        if author_id is None:
            continue
        await feeds.remove([author_id], [payload["post_id"]])
        for low, high in await follower_ranges(session, followee_id=author_id, size=_FOLLOWERS_PER_CHUNK):
            followers = await follower_ids_between(
                session, followee_id=author_id, low=low, high=high, with_reposts=False
            )
            await feeds.remove(followers, [payload["post_id"]])


async def _living_post(session: AsyncSession, post_id: int) -> Post | None:
    return (await session.scalars(select(Post).where(Post.id == post_id, Post.deleted_at.is_(None)))).first()
