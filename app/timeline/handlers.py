"""What posts and follows do to stored feeds. Every handler may run twice, late, or out of order."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.graph.queries import follower_ids_between, follower_ranges
from app.kit.pagination import Page
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.timeline.feeds import CAPACITY, Feeds
from app.timeline.skeletons import account_ids, still_home_ids

FAN_OUT_CHUNK = "timeline.fan_out_chunk"
_FOLLOWERS_PER_CHUNK = 1000


async def fan_out(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Put a new post into its author's feed and, by chunks of followers, into theirs."""
    for payload in payloads:
        post = await _living_post(session, payload["post_id"])
        if post is None or post.visibility == "direct":
            continue
        await feeds.push([post.author_id], [post.id])
        ranges = await follower_ranges(session, followee_id=post.author_id, size=_FOLLOWERS_PER_CHUNK)
        if len(ranges) == 1:
            await _deliver(session, feeds, post, *ranges[0])
        elif ranges:
            chunks = [(f"{post.id}:{low}", {"post_id": post.id, "low": low, "high": high}) for low, high in ranges]
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
        followers = await session.scalars(select(Follow.follower_id).where(Follow.followee_id == author_id))
        await feeds.remove([author_id, *followers], [payload["post_id"]])


async def _living_post(session: AsyncSession, post_id: int) -> Post | None:
    return (await session.scalars(select(Post).where(Post.id == post_id, Post.deleted_at.is_(None)))).first()
