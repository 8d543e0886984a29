"""What a process remembers of feeds is never older than what the store has told."""

import asyncio
import signal
from array import array
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.kit.pagination import Page
from app.kit.valkey_link import Link
from app.local.valkey import LocalValkey
from app.timeline.feed_memory import FeedMemory, Known
from app.timeline.redis_feeds import RedisFeeds, _account_of, feed_key
from app.timeline.stored_feed import StoredFeed

pytestmark = pytest.mark.anyio

READER, OTHER = 117_668_997_476_515_841, 117_668_997_476_515_842
HEAD, DEEP = Page(limit=20), Page(limit=20, max_id=3)


class Reads:
    """Feeds of two processes: one that reads, one that writes; what the reading one asked."""

    def __init__(self, url: str, asked: list[tuple[object, ...]]) -> None:
        self.asked = asked
        self.here = RedisFeeds(url, days=30)
        self.there = RedisFeeds(url, days=30)

    async def ready(self, account_id: int, *ids: int, whole: bool = True) -> None:
        await self.there.fill(account_id, await self.there.open(account_id), ids, whole=whole)

    async def read(self, page: Page = HEAD, account_id: int = READER) -> list[int] | None:
        found = await self.here.read(account_id, page)
        return None if found is None else list(found.ids)

    def peek(self, page: Page = HEAD, account_id: int = READER) -> list[int] | None:
        found = self.here.peek(account_id, page)
        return None if found is None else list(found.ids)

    async def heard(self) -> None:
        """What the server told until now has been heard."""
        await self.here.ping()


@pytest.fixture
async def reads(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reads]:
    asked: list[tuple[object, ...]] = []
    call = Link.call

    async def noting(self: Link, *args: object) -> object:
        asked.append(args)
        return await call(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Link, "call", noting)
    opened = Reads(redis_url, asked)
    await opened.here.flush()
    asked.clear()
    yield opened
    await opened.here.close()
    await opened.there.close()


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


class TestRead:
    async def test_asks_once_for_a_feed_that_does_not_change(self, reads: Reads) -> None:
        await reads.ready(READER, 1, 2, 3)
        assert reads.peek() is None
        reads.asked.clear()
        assert [await reads.read() for _ in range(3)] == [[3, 2, 1]] * 3
        assert reads.peek() == [3, 2, 1]
        assert [command[0] for command in reads.asked] == ["LRANGE"]

    async def test_reads_a_head_for_the_head_and_all_for_what_is_deeper(self, reads: Reads) -> None:
        await reads.ready(READER, *range(1, 700))
        assert await reads.read() == [*range(699, 679, -1)]
        assert reads.peek(Page(limit=20, max_id=600)) is None
        assert await reads.read(Page(limit=20, max_id=600)) == [*range(599, 579, -1)]
        assert await reads.read(Page(limit=3, min_id=100)) == [103, 102, 101]
        ranges = [command[2:] for command in reads.asked if command[0] == "LRANGE"]
        assert ranges == [(0, 27), (0, -1)]

    async def test_hears_of_every_kind_of_change(self, reads: Reads) -> None:
        await reads.ready(READER, 1, 2)
        for change, then in [
            (reads.there.push([READER], [5]), [5, 2, 1]),
            (reads.there.push([READER], [4]), [5, 4, 2, 1]),
            (reads.there.remove([READER], [5]), [4, 2, 1]),
            (reads.ready(READER, 3), [4, 3, 2, 1]),
            (reads.there.flush(), None),
        ]:
            await reads.read()
            await change
            await reads.heard()
            assert reads.peek() is None
            assert await reads.read() == then

    async def test_sees_what_was_written_here_at_once(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        await reads.read()
        await reads.here.push([READER], [2])
        assert reads.peek() is None
        assert await reads.read() == [2, 1]
        # The server tells only of what was read.
        await reads.ready(OTHER, 1)
        version = reads.here.version(OTHER)
        await reads.here.push([OTHER], [2])
        await reads.read(account_id=OTHER)
        assert not reads.here.is_still(OTHER, version)

    async def test_forgets_nothing_else(self, reads: Reads) -> None:
        versions = {}
        for account_id in (READER, OTHER):
            await reads.ready(account_id, 1)
            versions[account_id] = reads.here.version(account_id)
            await reads.read(account_id=account_id)
        await reads.there.push([OTHER], [2])
        await reads.heard()
        assert reads.peek() == [1]
        assert [account_id for account_id in versions if reads.here.is_still(account_id, versions[account_id])] == [
            READER
        ]

    async def test_is_another_version_from_before_a_reading_to_the_next_change(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        version = reads.here.version(READER)
        # Nobody tells of the changes of what was never read.
        assert not reads.here.is_still(READER, version)
        await reads.read()
        assert reads.here.version(READER) == version
        assert reads.here.is_still(READER, version)
        await reads.there.push([READER], [2])
        await reads.heard()
        assert not reads.here.is_still(READER, version)
        later = reads.here.version(READER)
        await reads.read()
        assert (reads.here.is_still(READER, version), reads.here.is_still(READER, later)) == (False, True)

    async def test_keeps_no_answer_that_a_change_has_overtaken(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        await reads.heard()
        version = reads.here.version(READER)
        reading = asyncio.ensure_future(reads.read())
        while reads.asked[-1][0] != "LRANGE":
            await asyncio.sleep(0)
        # Told while the answer is on its way, which the reader's coroutine has not seen yet.
        reads.here._changes.changed([feed_key(READER).encode()])
        assert await reading == [1]
        assert reads.peek() is None
        assert await reads.read() == [1]
        assert not reads.here.is_still(READER, version)

    async def test_renews_the_time_to_live_now_and_then(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        key = feed_key(READER)
        await reads.there._writes.call(key, "EXPIRE", key, 100)
        await reads.heard()
        await reads.read()
        assert await reads.there._writes.call(key, "TTL", key) > 100
        await reads.there.push([READER], [2])
        await reads.there._writes.call(key, "EXPIRE", key, 100)
        await reads.heard()
        await reads.read()
        assert await reads.there._writes.call(key, "TTL", key) <= 100


class TestDoubt:
    async def test_a_lost_connection_empties_the_memory_at_once(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        version = reads.here.version(READER)
        await reads.read()
        (number,) = await reads.here._reads.everywhere("CLIENT", "ID")
        await reads.there._writes.everywhere("CLIENT", "KILL", "ID", number)
        await until(lambda: not reads.here._memory)
        assert reads.peek() is None
        assert await reads.read() == [1]
        assert reads.peek() == [1]
        assert not reads.here.is_still(READER, version)

    async def test_a_server_that_falls_silent_is_noticed_though_nobody_asks(self, tmp_path: Path) -> None:
        server = LocalValkey(tmp_path)
        feeds = RedisFeeds(server.start(), days=30)
        assert server._process is not None
        try:
            await feeds.fill(READER, await feeds.open(READER), [1], whole=True)
            await feeds.read(READER, HEAD)
            assert feeds.peek(READER, HEAD) is not None
            server._process.send_signal(signal.SIGSTOP)
            await until(lambda: not feeds._memory)
            assert feeds.peek(READER, HEAD) is None
        finally:
            server._process.send_signal(signal.SIGCONT)
            await feeds.close()
            server.stop()

    async def test_a_link_that_this_process_had_no_time_to_listen_to_is_not_trusted(self, reads: Reads) -> None:
        await reads.ready(READER, 1)
        version = reads.here.version(READER)
        await reads.read()
        assert reads.peek() == [1]
        assert reads.here.is_still(READER, version)
        reads.here._reads._link._wire.heard -= 3  # type: ignore[attr-defined]
        assert reads.peek() is None
        assert not reads.here.is_still(READER, version)
        assert await reads.read() == [1]
        assert reads.peek() == [1]


def kept_in(memory: FeedMemory, account_id: int) -> Known | None:
    """What is known of a feed, which does not count as asked for."""
    return memory._young.get(account_id) or memory._old.get(account_id)


class TestMemory:
    async def test_is_bounded_and_keeps_what_is_asked_for(self) -> None:
        memory = FeedMemory(10)
        feed = StoredFeed(array("q", [1]), ended=True, whole=True)
        for account_id in range(1, 100):
            known = memory.find(account_id) or memory.add(account_id, Known(""))
            memory.keep(account_id, known, known.version, feed)
            assert memory.find(1) is not None
        kept = [account_id for account_id in range(1, 100) if kept_in(memory, account_id)]
        assert len(kept) <= 11
        assert {1, 98, 99} <= set(kept)

    async def test_is_bounded_by_ids_too(self) -> None:
        memory = FeedMemory(100)
        long = StoredFeed(array("q", range(800)), ended=True, whole=True)
        for account_id in range(100):
            known = memory.find(account_id) or memory.add(account_id, Known(""))
            memory.keep(account_id, known, known.version, long)
        assert sum(kept_in(memory, account_id) is not None for account_id in range(100)) <= 10

    async def test_is_not_filled_by_one_feed_that_changes_again_and_again(self) -> None:
        memory = FeedMemory(100)
        feed = StoredFeed(array("q", range(28)), ended=True, whole=True)
        quiet, busy = (memory.add(account_id, Known("")) for account_id in (1, 2))
        memory.keep(1, quiet, quiet.version, feed)
        for _ in range(1000):
            memory.keep(2, busy, busy.version, feed)
            # Read once more than it changes, now and then.
            memory.keep(2, busy, busy.version, feed)
            memory.forget(2)
        assert kept_in(memory, 1) is quiet


class TestKeys:
    async def test_are_read_back(self) -> None:
        assert _account_of(b"some:" + feed_key(READER).encode()) == READER
        assert _account_of(b"limit:x:12") is None
        assert _account_of(b"12") is None
