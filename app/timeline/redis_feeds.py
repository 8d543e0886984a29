"""Feeds in Redis or Valkey: one list a reader, as `feed_scripts` says, and this process's memory of what it read.

Feeds are read over a link that the server tells of every change to what was read there (client tracking), and
written over another. Readers are gathered in 256 buckets with a hash tag each, spread evenly over a cluster's slots:
one call can push to all feeds of a bucket.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.kit.errors import Unavailable
from app.kit.pagination import Page
from app.kit.valkey import SLOTS, Script, open_valkey, run, run_all, slot_of
from app.kit.valkey_wire import Refused, Watch
from app.timeline.feed_memory import FeedMemory, Known
from app.timeline.feed_scripts import FILL, OPEN, PUSH, PUSH_EACH, REMOVE
from app.timeline.feeds import CAPACITY, FeedPage, FeedsUnavailable
from app.timeline.stored_feed import OPENED, StoredFeed, parse

# A feed is cut when it holds this many: seldom, and then back to its capacity.
_MOST_HELD = CAPACITY + 80
_FEEDS_PER_CALL = 1000
_IDS_PER_CALL = 2000
# So many more than a page are read of a feed for a page at its head: some may be refused.
_SPARE = 8
_BUCKETS = 256
# A feed's time to live is renewed this many times while it lasts.
_TOUCHES = 50


def _tags() -> list[str]:
    """For each bucket the first number whose slot lies in the bucket's share of all slots."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < _BUCKETS:
        found.setdefault(slot_of(str(number)) * _BUCKETS // SLOTS, str(number))
        number += 1
    return [found[bucket] for bucket in range(_BUCKETS)]


_TAGS = _tags()


def feed_key(account_id: int) -> str:
    """The key of a reader's home feed: the one place that knows it, with `_account_of`."""
    return f"feed:{{{_TAGS[account_id % _BUCKETS]}}}:{account_id}"


def _account_of(key: bytes) -> int | None:
    *_, name, _tag, account_id = [b"", b"", *key.split(b":")]
    return int(account_id) if name.endswith(b"feed") and account_id.isdigit() else None


class RedisFeeds:
    """`Feeds` on a Redis or Valkey server, or a cluster of them."""

    def __init__(
        self,
        url: str,
        *,
        days: int,
        prefix: str = "",
        remembered: int = 50_000,
    ) -> None:
        """`days` a feed outlives its last reading; `prefix` goes before keys; `remembered`: feeds kept in memory."""
        self._memory = FeedMemory(remembered)
        self._changes = _Changes(self)
        self._reads = open_valkey(url, watch=self._changes)
        self._writes = open_valkey(url)
        self._prefix = prefix
        self._seconds = days * 86_400

    def peek(self, account_id: int, page: Page) -> FeedPage | None:
        known = self._memory.find(account_id)
        return self._page(known, page) if known else None

    def version(self, account_id: int) -> int:
        return self._known(account_id).version

    def is_still(self, account_id: int, version: int) -> bool:
        known = self._memory.find(account_id)
        if known is None or known.version != version or known.feed is None:
            return False
        return self._reads.sure(known.key)

    async def read(self, account_id: int, page: Page) -> FeedPage | None:
        if (found := self.peek(account_id, page)) is not None:
            return found
        if most := _most(self._known(account_id), page):
            feed = await self._load(account_id, most)
            if feed is None or (found := feed.page(page)) is not None:
                return found
        feed = await self._load(account_id, 0)
        return feed.page(page) if feed else None

    def begin(self, account_id: int, page: Page, then: Callable[[], None]) -> bool:
        known = self._known(account_id)
        if self._page(known, page) is not None:
            return False
        reading = self._about_to_read(account_id, known, _most(known, page), then)
        return self._reads.begin(reading, known.key, "LRANGE", known.key, 0, reading.most - 1)

    async def open(self, account_id: int) -> str:
        token = secrets.token_hex(8)
        await self._write(OPEN, [account_id], [OPENED + token, self._seconds])
        return token

    async def fill(self, account_id: int, token: str, post_ids: Collection[int], *, whole: bool) -> None:
        arguments = [CAPACITY, self._seconds, "1" if whole else "0", OPENED + token, *_newest_first(post_ids)]
        await self._write(FILL, [account_id], arguments)

    async def push(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        if post_ids:
            await self._write(PUSH, account_ids, [CAPACITY, _MOST_HELD, *sorted(set(post_ids))])

    async def push_each(self, posts: Mapping[int, Collection[int]], *, rest: float = 0.0) -> None:
        for some in _by_cost(posts):
            began = time.monotonic()
            ids = {self._key(account_id): sorted(set(posts[account_id])) for account_id in some}
            calls = [
                run(self._writes, PUSH_EACH, keys, [CAPACITY, _MOST_HELD, *_counted(ids[key] for key in keys)])
                for keys in self._writes.together(list(ids))
            ]
            await self._written(some, list(ids), asyncio.gather(*calls))
            await asyncio.sleep(rest * (time.monotonic() - began))

    async def remove(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        if post_ids:
            await self._write(REMOVE, account_ids, _newest_first(post_ids))

    async def ping(self) -> None:
        await self._call(self._reads.everywhere("PING"))

    async def flush(self) -> None:
        """Empty the whole store, as happens when its server loses its memory; for tests."""
        await self._call(self._writes.everywhere("FLUSHDB"))
        # What the server told before it answered has been heard by then.
        await self.ping()

    async def close(self) -> None:
        await self._reads.close()
        await self._writes.close()

    def changed(self, account_id: int | None) -> None:
        """Forget what was remembered of a feed; None: of all."""
        if account_id is None:
            self._memory.clear()
        else:
            self._memory.forget(account_id)

    def _key(self, account_id: int) -> str:
        return self._prefix + feed_key(account_id)

    def _known(self, account_id: int) -> Known:
        return self._memory.find(account_id) or self._memory.add(account_id, Known(self._key(account_id)))

    def _page(self, known: Known, page: Page) -> FeedPage | None:
        """A page from memory; None where that is not enough, or may not be true any more."""
        return known.feed.page(page) if known.feed and self._reads.sure(known.key) else None

    async def _load(self, account_id: int, most: int) -> StoredFeed | None:
        """Read a feed's first items, or all (0), and remember them; None when it is missing or building."""
        known = self._known(account_id)
        reading = self._about_to_read(account_id, known, most)
        return reading.read(await self._call(self._reads.call(known.key, "LRANGE", known.key, 0, most - 1)))

    def _about_to_read(
        self, account_id: int, known: Known, most: int, then: Callable[[], None] | None = None
    ) -> "_Reading":
        if (now := time.monotonic()) - known.touched > self._seconds / _TOUCHES:
            # Before the reading: it counts as a change.
            key = known.key
            known.touched = now if self._reads.tell(key, "EXPIRE", key, self._seconds) else known.touched
        return _Reading(self._memory, account_id, known, most, then)

    async def _write(self, script: Script, account_ids: Sequence[int], args: Sequence[Any]) -> None:
        for start in range(0, len(account_ids), _FEEDS_PER_CALL):
            some = account_ids[start : start + _FEEDS_PER_CALL]
            keys = [self._key(id) for id in some]
            await self._written(some, keys, run_all(self._writes, script, keys, args))

    async def _written(self, account_ids: Sequence[int], keys: Sequence[str], asked: Awaitable[Any]) -> None:
        try:
            await self._call(asked)
            # A replica that takes over with a post missing would have a gap that nobody notices.
            await self._call(self._writes.copied(keys))
        finally:
            # Also told by the server; but who wrote here must read it here at once.
            for id in account_ids:
                self.changed(id)

    async def _call(self, asked: Any) -> Any:
        try:
            return await asked
        except (Unavailable, Refused) as error:
            raise FeedsUnavailable(f"Home feeds are not reachable: {error}") from error


class _Reading:
    """A reading of a feed's first `most` items, or of all (0). Being told of the answer, it calls `then`."""

    __slots__ = ("_account_id", "_known", "_memory", "_then", "_version", "most")

    def __init__(
        self, memory: FeedMemory, account_id: int, known: Known, most: int, then: Callable[[], None] | None
    ) -> None:
        self._memory, self._account_id, self._known, self._version = memory, account_id, known, known.version
        self.most, self._then = most, then

    def read(self, items: Sequence[bytes]) -> StoredFeed | None:
        """What was read, which is remembered."""
        feed = parse(items, all=not self.most or len(items) < self.most, version=self._version)
        if feed is not None:
            self._memory.keep(self._account_id, self._known, self._version, feed)
        return feed

    def done(self) -> bool:
        return self._then is None

    def set_result(self, answer: Any, /) -> None:
        self.read(answer)
        self._go_on()

    def set_exception(self, error: Exception, /) -> None:
        # Who asks again is told.
        self._go_on()

    def _go_on(self) -> None:
        then, self._then = self._then, None
        if then is not None:
            then()


class _Changes(Watch):
    """What the server tells of feeds that were read here."""

    def __init__(self, feeds: RedisFeeds) -> None:
        self._feeds = feeds

    def wanted(self) -> bool:
        return bool(self._feeds._memory)

    def changed(self, keys: Sequence[bytes] | None) -> None:
        if keys is None:
            self._feeds.changed(None)
            return
        for key in keys:
            if (account_id := _account_of(key)) is not None:
                self._feeds.changed(account_id)


def _most(known: Known, page: Page) -> int:
    """How many items are to be read for a page that is not known: all (0), or a head if that may be enough."""
    headed = known.feed is not None and not known.feed.ended
    return 0 if headed or page.max_id is not None else page.limit + _SPARE


def _newest_first(ids: Collection[int]) -> list[int]:
    return sorted(set(ids), reverse=True)


def _by_cost(posts: Mapping[int, Collection[int]]) -> Iterator[list[int]]:
    """Accounts, so many at a time that one call does not keep the store from others."""
    some, cost = list[int](), 0
    for account_id, ids in posts.items():
        if not ids:
            continue
        if some and (len(some) == _FEEDS_PER_CALL or cost + len(ids) > _IDS_PER_CALL):
            yield some
            some, cost = [], 0
        some.append(account_id)
        cost += len(ids)
    if some:
        yield some


def _counted(lists: Iterable[Sequence[int]]) -> Iterator[int]:
    for ids in lists:
        yield len(ids)
        yield from ids
