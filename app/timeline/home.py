"""The home timeline's skeleton: the stored feed with what is news, PostgreSQL where it ends, and its rebuilding."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log, metrics
from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, FeedPage, Feeds, FeedsUnavailable
from app.timeline.news import News
from app.timeline.pulled import PulledAuthors
from app.timeline.skeletons import Reading, home_ids

logger = log.logger(__name__)

_reads = metrics.FEED_READS.counts


class Seen(NamedTuple):
    """Of which versions of a reader's feed, and of what is news to them there, a page was made."""

    feed: int
    news: int


class Home:
    """The home timelines that one process shows: a stored feed, what is news, and what pulled authors posted."""

    def __init__(self, feeds: Feeds, pulled: PulledAuthors, news: News) -> None:
        self._feeds, self._pulled, self._news = feeds, pulled, news

    def is_still(self, account_id: int, seen: Seen) -> bool:
        """Whether what was read since `seen` is known not to have changed: as `grown`."""
        grown = self.grown(account_id, seen)
        return grown is not None and not grown[0]

    async def look(self, account_id: int, page: Page, likely: Sequence[int] = ()) -> Seen | None:
        """What is read of a page from now on; None where nothing would be told of its changes.

        `likely`: posts read before.
        """
        glance = await self._news.look(account_id, likely)
        return Seen(self._feeds.version(account_id), glance.version_below(page.max_id)) if glance else None

    def begin(self, account_id: int, page: Page, then: Callable[[], None]) -> bool:
        """Begin to ask for what `at_hand` is without, if that is the feed: as `Feeds.begin`."""
        return self._feeds.begin(account_id, page, then)

    def grown(self, account_id: int, seen: Seen) -> tuple[Sequence[int], Seen] | None:
        """What came on top of a page since it was `seen`, newest first; None where more than that may have changed.

        Only for a reader who stands to others as they did then.
        """
        glance = self._news.glance(account_id)
        if glance is None or not self._feeds.is_still(account_id, seen.feed):
            return None
        if seen.news in (glance.version, glance.root):
            return (), seen
        if glance.before != seen.news:
            return None
        _reads["feed"] += 1
        return glance.grown, Seen(seen.feed, glance.version)

    def at_hand(self, account_id: int, page: Page) -> tuple[Sequence[int], Seen] | None:
        """What `ids` would give, where nothing has to be asked for it, and of what it is made; else None.

        Only for a reader who stands to others as they did when their home was read last.
        """
        feed, glance = self._feeds.peek(account_id, page), self._news.glance(account_id)
        if feed is None or glance is None:
            return None
        seen = Seen(feed.version, glance.version_below(page.max_id))
        if news := self._news.within(account_id, glance, page):
            feed = merged(feed, news, page)
        # What is older than the last of a full page has no place on it.
        full = feed.complete and not page.ascending and len(feed.ids) == page.limit
        fetched = self._pulled.at_hand(account_id, page, above=feed.ids[-1] if full else 0)
        if fetched is None:
            return None
        if fetched:
            feed = merged(feed, fetched, page)
        if not feed.complete:
            return None
        _reads["feed"] += 1
        return feed.ids, seen

    async def ids(self, reading: Reading, *, account_id: int, page: Page) -> Sequence[int]:
        """Ids of a home page, newest first, the same whether the feed is ready, missing, short or unreachable.

        A session is opened only where PostgreSQL has to be asked.
        """
        glance = await self._news.look(account_id)
        if glance is None and await self._read(reading, account_id, page) is None:
            # Nothing is to be had from the store: all is asked for at once.
            _reads["postgres"] += 1
            return await _older(reading, account_id, page)
        # In this order: what is not news any more is known of its author, if that is pulled, and who is not pulled any
        # more is in the feed.
        if glance is None:
            fetched = {*await self._news.page_ids(reading, account_id=account_id, page=page)}
        else:
            fetched = {*self._news.within(account_id, glance, page)}
        fetched |= {*await self._pulled.page_ids(reading, account_id=account_id, page=page)}
        feed = await self._read(reading, account_id, page)
        if feed is None:
            _reads["postgres"] += 1
            return await _older(reading, account_id, page)
        ids, complete, _ = merged(feed, sorted(fetched, reverse=True), page)
        if complete:
            _reads["feed"] += 1
            return ids
        _reads["feed_and_postgres"] += 1
        if not ids:
            return await _older(reading, account_id, page)
        rest = page.after(ids[-1], page.limit - len(ids))
        return [*ids, *await _older(reading, account_id, rest)]

    async def _read(self, reading: Reading, account_id: int, page: Page) -> FeedPage | None:
        """A page of the stored feed, which is rebuilt if need be; None where that is not to be had."""
        try:
            feed = await self._feeds.read(account_id, page)
            if feed is None:
                async with reading() as session:
                    await rebuild(session, self._feeds, account_id=account_id)
                feed = await self._feeds.read(account_id, page)
        except FeedsUnavailable:
            logger.warning("reading home from PostgreSQL: feeds are unavailable")
            return None
        return feed


def merged(feed: FeedPage, fetched: Sequence[int], page: Page) -> FeedPage:
    """A page of a feed with a page of what it need not hold, newest first.

    Where the feed ends before the page does, what it says nothing about is left out.
    """
    ids, complete, version = feed
    if not complete:
        fetched = [id for id in fetched if ids and id > ids[-1]]
    if not fetched:
        return feed
    is_above = not ids or fetched[-1] > ids[0]
    ids = [*fetched, *ids] if is_above else sorted({*ids, *fetched}, reverse=True)
    ids = ids[-page.limit :] if page.ascending else ids[: page.limit]
    return FeedPage(ids, complete or len(ids) == page.limit, version)


async def _older(reading: Reading, account_id: int, page: Page) -> Sequence[int]:
    async with reading() as session:
        return await home_ids(session, account_id=account_id, page=page)


async def rebuild(session: AsyncSession, feeds: Feeds, *, account_id: int) -> None:
    """Build a feed anew from PostgreSQL. Safe while posts are pushed, and when two readers do it at once."""
    token = await feeds.open(account_id)
    ids = await home_ids(session, account_id=account_id, page=Page(limit=CAPACITY))
    await feeds.fill(account_id, token, ids, whole=len(ids) < CAPACITY)
