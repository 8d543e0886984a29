"""What followed topics do to stored feeds. Every handler may run twice, late, or out of order."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.pagination import Page
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.posts.text import fold_tag
from app.tags.models import TagFollow
from app.tags.queries import follower_ids_between, follower_ranges, load_followed
from app.timeline.feeds import CAPACITY, Feeds
from app.timeline.skeletons import Tagged, still_home_ids, tagged_ids

FAN_OUT_TOPICS_CHUNK = "timeline.fan_out_topics_chunk"
_FOLLOWERS_PER_CHUNK = 1000


async def fan_out_topics(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Put a new or edited public post into the feeds of those who follow one of its topics, by chunks of them."""
    posts = await _topical_posts(session, [payload["post_id"] for payload in payloads])
    followed = await load_followed(session, tags={tag for post in posts for tag in _topics(post)})
    for post in posts:
        if followed.isdisjoint(_topics(post)):
            continue
        ranges = await follower_ranges(session, tags=_topics(post), size=_FOLLOWERS_PER_CHUNK)
        if len(ranges) == 1:
            await _deliver(session, feeds, post, *ranges[0])
        elif ranges:
            chunks = [(f"{post.id}:{low}", {"post_id": post.id, "low": low, "high": high}) for low, high in ranges]
            await enqueue(session, FAN_OUT_TOPICS_CHUNK, chunks)


async def fan_out_topics_chunk(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Put a post into the feeds of one range of those who follow its topics."""
    for payload in payloads:
        for post in await _topical_posts(session, [payload["post_id"]]):
            await _deliver(session, feeds, post, payload["low"], payload["high"])


async def topic_followed(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Add the newest posts of a topic to the feed of someone who follows it, if they still do."""
    for payload in payloads:
        query = select(TagFollow.tag).where(TagFollow.id == payload["tag_follow_id"])
        tag = await session.scalar(query)
        if tag is not None:
            ids = await tagged_ids(session, wanted=Tagged(any=(tag,)), page=Page(limit=CAPACITY + 1))
            await feeds.push([payload["account_id"]], ids)


async def topic_unfollowed(session: AsyncSession, feeds: Feeds, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Take out of a feed what belongs there no longer: the graph as it is now decides, entry by entry."""
    for payload in payloads:
        account_id = payload["account_id"]
        feed = await feeds.read(account_id, Page(limit=CAPACITY))
        if feed is not None and feed.ids:
            home = await still_home_ids(session, account_id=account_id, ids=feed.ids)
            await feeds.remove([account_id], [id for id in feed.ids if id not in home])


async def _deliver(session: AsyncSession, feeds: Feeds, post: Row[int, list[str]], low: int, high: int) -> None:
    await feeds.push(await follower_ids_between(session, tags=_topics(post), low=low, high=high), [post.id])


async def _topical_posts(session: AsyncSession, ids: Collection[int]) -> Sequence[Row[int, list[str]]]:
    query = select(Post.id, Post.tags).where(Post.id.in_(ids), Post.deleted_at.is_(None), Post.visibility == "public")
    return (await session.execute(query.where(func.cardinality(Post.tags) > 0).order_by(Post.id))).all()


def _topics(post: Row[int, list[str]]) -> list[str]:
    return [fold_tag(tag) for tag in post.tags]
