"""The home timeline's skeleton: the stored feed, PostgreSQL where it ends, and the feed's rebuilding."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, Feeds, FeedsUnavailable
from app.timeline.skeletons import home_ids

logger = log.logger(__name__)


async def home_skeleton(session: AsyncSession, feeds: Feeds, *, account_id: int, page: Page) -> Sequence[int]:
    """Ids of a home page, newest first, the same whether the feed is ready, missing, short or unreachable."""
    try:
        feed = await feeds.read(account_id, page)
        if feed is None:
            await rebuild(session, feeds, account_id=account_id)
            feed = await feeds.read(account_id, page)
    except FeedsUnavailable:
        logger.warning("reading home from PostgreSQL: feeds are unavailable")
        feed = None
    if feed is None:
        metrics.FEED_READS.labels("postgres").inc()
        return await home_ids(session, account_id=account_id, page=page)
    if feed.complete:
        metrics.FEED_READS.labels("feed").inc()
        return feed.ids
    metrics.FEED_READS.labels("feed_and_postgres").inc()
    if not feed.ids:
        return await home_ids(session, account_id=account_id, page=page)
    rest = page.after(feed.ids[-1], page.limit - len(feed.ids))
    return [*feed.ids, *await home_ids(session, account_id=account_id, page=rest)]


async def rebuild(session: AsyncSession, feeds: Feeds, *, account_id: int) -> None:
    """Build a feed anew from PostgreSQL. Safe while posts are pushed, and when two readers do it at once."""
    token = await feeds.open(account_id)
    ids = await home_ids(session, account_id=account_id, page=Page(limit=CAPACITY))
    await feeds.fill(account_id, token, ids, whole=len(ids) < CAPACITY)
