"""The home timeline's skeleton: the stored feed, PostgreSQL where it ends, and the feed's rebuilding."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, FeedPage, Feeds, FeedsUnavailable
from app.timeline.pulled import PulledAuthors, Reading
from app.timeline.skeletons import home_ids

logger = log.logger(__name__)

_FROM_FEED = metrics.FEED_READS.labels("feed")


async def home_skeleton(
    reading: Reading, feeds: Feeds, pulled: PulledAuthors, *, account_id: int, page: Page
) -> Sequence[int]:
    """Ids of a home page, newest first, the same whether the feed is ready, missing, short or unreachable.

    A session is opened only where PostgreSQL has to be asked.
    """
    # Before the feed is read: an author who is not pulled any more by then has everything in it.
    fetched = await pulled.page_ids(reading, account_id=account_id, page=page)
    feed = await _read(reading, feeds, account_id, page)
    if feed is None:
        metrics.FEED_READS.labels("postgres").inc()
        return await _older(reading, account_id, page)
    ids, complete = merged(feed, fetched, page)
    if complete:
        _FROM_FEED.inc()
        return ids
    metrics.FEED_READS.labels("feed_and_postgres").inc()
    if not ids:
        return await _older(reading, account_id, page)
    rest = page.after(ids[-1], page.limit - len(ids))
    return [*ids, *await _older(reading, account_id, rest)]


def home_at_hand(feeds: Feeds, pulled: PulledAuthors, *, account_id: int, page: Page) -> FeedPage | None:
    """What `home_skeleton` would give, where nothing has to be asked for it, and of which feed; else None."""
    feed = feeds.peek(account_id, page)
    if feed is None:
        return None
    # What is older than the last of a full page has no place on it.
    full = feed.complete and not page.ascending and len(feed.ids) == page.limit
    fetched = pulled.at_hand(account_id, page, above=feed.ids[-1] if full else 0)
    if fetched is None:
        return None
    if fetched:
        feed = FeedPage(*merged(feed, fetched, page), feed.version)
    if not feed.complete:
        return None
    _FROM_FEED.inc()
    return feed


def merged(feed: FeedPage, fetched: Sequence[int], page: Page) -> tuple[Sequence[int], bool]:
    """A page of a feed with a page of what it need not hold, newest first, and whether that is all of the page.

    Where the feed ends before the page does, what it says nothing about is left out.
    """
    if not feed.complete:
        fetched = [id for id in fetched if feed.ids and id > feed.ids[-1]]
    if not fetched:
        return feed.ids, feed.complete
    ids = sorted({*feed.ids, *fetched}, reverse=True)
    ids = ids[-page.limit :] if page.ascending else ids[: page.limit]
    return ids, feed.complete or len(ids) == page.limit


async def _older(reading: Reading, account_id: int, page: Page) -> Sequence[int]:
    async with reading() as session:
        return await home_ids(session, account_id=account_id, page=page)


async def _read(reading: Reading, feeds: Feeds, account_id: int, page: Page) -> FeedPage | None:
    """A page of the stored feed, which is rebuilt if need be; None where that is not to be had."""
    try:
        feed = await feeds.read(account_id, page)
        if feed is None:
            async with reading() as session:
                await rebuild(session, feeds, account_id=account_id)
            feed = await feeds.read(account_id, page)
    except FeedsUnavailable:
        logger.warning("reading home from PostgreSQL: feeds are unavailable")
        return None
    return feed


async def rebuild(session: AsyncSession, feeds: Feeds, *, account_id: int) -> None:
    """Build a feed anew from PostgreSQL. Safe while posts are pushed, and when two readers do it at once."""
    token = await feeds.open(account_id)
    ids = await home_ids(session, account_id=account_id, page=Page(limit=CAPACITY))
    await feeds.fill(account_id, token, ids, whole=len(ids) < CAPACITY)
