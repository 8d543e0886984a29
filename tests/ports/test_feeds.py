"""What every adapter of the feeds port must do; today there is one, on a real Valkey and on a real cluster."""

import random
from collections.abc import AsyncIterator

import pytest

from app.kit.pagination import Page
from app.kit.valkey_link import Link
from app.timeline.feeds import CAPACITY, Feeds, FeedsUnavailable
from app.timeline.redis_feeds import RedisFeeds, feed_key
from tests.valkey_cluster import ON_BOTH, LocalCluster, valkey_url

pytestmark = pytest.mark.anyio

# Real ids: above 2^53, where floating-point scores would already merge neighbours.
BASE = 117_668_997_476_515_840
READER, OTHER = 11, 12


def ids(*numbers: int) -> list[int]:
    return [BASE + number for number in numbers]


@pytest.fixture(params=ON_BOTH)
async def feeds(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[Feeds]:
    opened = RedisFeeds(valkey_url(request), days=30)
    await opened.flush()
    yield opened
    await opened.close()


async def ready(feeds: Feeds, *numbers: int, whole: bool = True, account_id: int = READER) -> None:
    token = await feeds.open(account_id)
    await feeds.fill(account_id, token, ids(*numbers), whole=whole)


async def read(feeds: Feeds, limit: int = 20, **cursors: int) -> list[int]:
    page = await feeds.read(READER, Page(limit=limit, **{name: BASE + number for name, number in cursors.items()}))
    assert page is not None
    return [id - BASE for id in page.ids]


class TestRead:
    async def test_says_none_of_a_missing_feed(self, feeds: Feeds) -> None:
        assert await feeds.read(READER, Page(limit=20)) is None

    async def test_says_none_of_a_feed_that_is_building(self, feeds: Feeds) -> None:
        await feeds.open(READER)
        await feeds.push([READER], ids(1))
        assert await feeds.read(READER, Page(limit=20)) is None

    async def test_gives_newest_first(self, feeds: Feeds) -> None:
        await ready(feeds, 2, 1, 3)
        assert await read(feeds) == [3, 2, 1]

    async def test_an_empty_feed_is_complete(self, feeds: Feeds) -> None:
        await ready(feeds)
        page = await feeds.read(READER, Page(limit=20))
        assert page is not None
        assert (list(page.ids), page.complete) == ([], True)

    @pytest.mark.parametrize(
        ("cursors", "expected"),
        [
            ({"max_id": 7}, [6, 5, 4]),
            ({"since_id": 4}, [9, 8, 7]),
            ({"min_id": 4}, [7, 6, 5]),
            ({"min_id": 4, "max_id": 6}, [5]),
            ({"since_id": 8}, [9]),
            ({"max_id": 0}, []),
        ],
    )
    async def test_pages_as_mastodon_does(self, feeds: Feeds, cursors: dict[str, int], expected: list[int]) -> None:
        await ready(feeds, *range(10))
        assert await read(feeds, limit=3, **cursors) == expected

    async def test_tells_when_postgresql_must_go_on(self, feeds: Feeds) -> None:
        await ready(feeds, 5, 6, 7, whole=False)
        short = await feeds.read(READER, Page(limit=5))
        full = await feeds.read(READER, Page(limit=2))
        above_unknown = await feeds.read(READER, Page(limit=2, min_id=BASE + 3))
        above_known = await feeds.read(READER, Page(limit=2, min_id=BASE + 5))
        assert short is not None
        assert full is not None
        assert above_unknown is not None
        assert above_known is not None
        assert (short.complete, full.complete) == (False, True)
        assert (list(above_unknown.ids), above_unknown.complete) == ([], False)
        assert (list(above_known.ids), above_known.complete) == (ids(7, 6), True)


class TestPush:
    async def test_reaches_ready_and_building_feeds_and_skips_missing_ones(self, feeds: Feeds) -> None:
        await ready(feeds, 1)
        token = await feeds.open(OTHER)
        await feeds.push([READER, OTHER, 13], ids(2))
        assert await read(feeds) == [2, 1]
        await feeds.fill(OTHER, token, ids(1), whole=True)
        page = await feeds.read(OTHER, Page(limit=20))
        assert page is not None
        assert list(page.ids) == ids(2, 1)
        assert await feeds.read(13, Page(limit=20)) is None
        await feeds.fill(13, await feeds.open(13), [], whole=True)
        untouched = await feeds.read(13, Page(limit=20))
        assert untouched is not None
        assert list(untouched.ids) == []

    async def test_twice_is_once(self, feeds: Feeds) -> None:
        await ready(feeds, 1)
        await feeds.push([READER], ids(2))
        await feeds.push([READER], ids(2))
        assert await read(feeds) == [2, 1]

    async def test_out_of_order_is_in_order(self, feeds: Feeds) -> None:
        await ready(feeds)
        for number in (3, 1, 2):
            await feeds.push([READER], ids(number))
        assert await read(feeds) == [3, 2, 1]

    async def test_leaves_no_gap_below_the_oldest_of_a_cut_feed(self, feeds: Feeds) -> None:
        await ready(feeds, 5, 6, whole=False)
        await feeds.push([READER], ids(2, 7))
        assert await read(feeds) == [7, 6, 5]

    async def test_leaves_no_gap_below_a_cut_feed_that_somebody_opened_again(self, feeds: Feeds) -> None:
        await ready(feeds, 5, 6, whole=False)
        token = await feeds.open(READER)
        for number in (2, 7, 4):
            await feeds.push([READER], ids(number))
        assert await read(feeds) == [7, 6, 5]
        await feeds.fill(READER, token, ids(3, 4), whole=False)
        assert await read(feeds) == [7, 6, 5, 4, 3]

    async def test_reaches_below_the_oldest_of_a_whole_feed(self, feeds: Feeds) -> None:
        await ready(feeds, 5)
        await feeds.push([READER], ids(2))
        assert await read(feeds) == [5, 2]

    async def test_trims_to_capacity_and_then_says_so(self, feeds: Feeds) -> None:
        await ready(feeds, *range(CAPACITY))
        await feeds.push([READER], ids(CAPACITY, CAPACITY + 1))
        page = await feeds.read(READER, Page(limit=CAPACITY + 10))
        assert page is not None
        assert [page.ids[0] - BASE, page.ids[-1] - BASE, len(page.ids)] == [CAPACITY + 1, 2, CAPACITY]
        assert not page.complete

    async def test_lets_no_feed_grow(self, feeds: Feeds) -> None:
        await ready(feeds, *range(CAPACITY), whole=False)
        for number in range(CAPACITY, CAPACITY + 100):
            await feeds.push([READER], ids(number))
        key = feed_key(READER)
        assert await feeds._writes.call(key, "LLEN", key) <= CAPACITY + 80  # type: ignore[attr-defined]
        assert await read(feeds, limit=CAPACITY) == [*range(CAPACITY + 99, 99, -1)]


class TestPushEach:
    async def test_gives_each_feed_its_own(self, feeds: Feeds) -> None:
        await ready(feeds, 1)
        await ready(feeds, 2, account_id=OTHER)
        await feeds.push_each({READER: ids(5, 3), 13: ids(4), OTHER: ids(4)})
        assert await read(feeds) == [5, 3, 1]
        other = await feeds.read(OTHER, Page(limit=20))
        assert other is not None
        assert list(other.ids) == ids(4, 2)
        assert await feeds.read(13, Page(limit=20)) is None

    async def test_reaches_more_feeds_than_one_call_takes(self, feeds: Feeds) -> None:
        readers = range(10_000, 12_500)
        for reader in readers[::500]:
            await ready(feeds, account_id=reader)
        await feeds.push_each({reader: ids(reader) for reader in readers})
        for reader in readers[::500]:
            page = await feeds.read(reader, Page(limit=20))
            assert page is not None
            assert list(page.ids) == ids(reader)

    async def test_of_nothing_does_nothing(self, feeds: Feeds) -> None:
        await feeds.push_each({})


class TestFill:
    async def test_keeps_what_was_pushed_while_it_was_built(self, feeds: Feeds) -> None:
        token = await feeds.open(READER)
        await feeds.push([READER], ids(9))
        await feeds.fill(READER, token, ids(1, 2), whole=True)
        assert await read(feeds) == [9, 2, 1]

    async def test_by_two_at_once_is_once(self, feeds: Feeds) -> None:
        await ready(feeds, 1, 2)
        await ready(feeds, 1, 2, 3)
        assert await read(feeds) == [3, 2, 1]

    async def test_of_a_feed_lost_since_it_was_opened_does_nothing(self, feeds: Feeds) -> None:
        token = await feeds.open(READER)
        await feeds.flush()  # type: ignore[attr-defined]
        await feeds.push([READER], ids(9))
        await feeds.fill(READER, token, ids(1), whole=True)
        assert await feeds.read(READER, Page(limit=20)) is None

    async def test_takes_a_full_feed_in_one_go(self, feeds: Feeds) -> None:
        await ready(feeds, *range(CAPACITY), whole=False)
        assert len(await read(feeds, limit=CAPACITY)) == CAPACITY


class TestRemove:
    async def test_takes_posts_out(self, feeds: Feeds) -> None:
        await ready(feeds, 1, 2, 3)
        await feeds.remove([READER, OTHER], ids(2, 9))
        assert await read(feeds) == [3, 1]
        assert await feeds.read(OTHER, Page(limit=20)) is None

    async def test_a_cut_feed_emptied_is_rebuilt(self, feeds: Feeds) -> None:
        await ready(feeds, 1, 2, whole=False)
        await feeds.remove([READER], ids(1, 2))
        assert await feeds.read(READER, Page(limit=20)) is None


class TestAnyOrder:
    """A port's promises, held against a plain model through long random lives of a feed."""

    @pytest.mark.parametrize("seed", range(6))
    async def test_what_happens_to_a_feed_is_what_a_set_of_ids_would_do(self, feeds: Feeds, seed: int) -> None:
        chance = random.Random(seed)
        await ready(feeds, *chance.sample(range(1000, 3000), CAPACITY - 150), whole=seed % 2 == 0)
        first = await feeds.read(READER, Page(limit=CAPACITY))
        assert first is not None
        held, whole, newest = set(first.ids), seed % 2 == 0, 3000
        for _ in range(250):
            newest += chance.randint(1, 3)
            late = [chance.randint(900, newest) for _ in range(chance.choice((0, 0, 1, 3, 7)))]
            lives = [newest], [newest - chance.randint(0, 9)], late
            for numbers in lives if chance.random() < 0.5 else ([number for some in lives for number in some],):
                if chance.random() < 0.5:
                    await feeds.push([READER], ids(*numbers))
                else:
                    await feeds.push_each({OTHER: ids(1), READER: ids(*numbers)})
                oldest = min(held)
                held |= {id for id in ids(*numbers) if whole or id > oldest}
            # A store may hold more than it shows, and show that when there is room again: a full feed stays full here.
            if len(held) < CAPACITY and chance.random() < 0.1:
                gone = chance.sample(sorted(held), chance.choice((1, 12)))
                await feeds.remove([READER], gone)
                held -= set(gone)
            if len(held) > CAPACITY:
                held, whole = set(sorted(held)[-CAPACITY:]), False
            await self.check(feeds, held, whole, chance)
        assert len(held) == CAPACITY

    async def check(self, feeds: Feeds, held: set[int], whole: bool, chance: random.Random) -> None:
        shown = sorted(held, reverse=True)
        page = await feeds.read(READER, Page(limit=CAPACITY + 100))
        assert page is not None
        assert list(page.ids) == shown
        assert page.complete == whole
        at = chance.choice(shown)
        deep = await feeds.read(READER, Page(limit=20, max_id=at))
        assert deep is not None
        assert list(deep.ids) == [id for id in shown if id < at][:20]
        newer = await feeds.read(READER, Page(limit=20, min_id=at))
        assert newer is not None
        assert list(newer.ids) == [id for id in shown if id > at][-20:]


class TestOnACluster:
    @pytest.mark.xdist_group("valkey_cluster")
    async def test_what_was_pushed_is_on_a_replica(
        self, valkey_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[object] = []
        call = Link.call

        async def noting(self: Link, *args: object) -> object:
            asked.append(args[0])
            return await call(self, *args)  # type: ignore[arg-type]

        feeds = RedisFeeds(valkey_cluster.url, days=30)
        try:
            await ready(feeds, 1)
            await feeds.push([READER], ids(1))
            monkeypatch.setattr(Link, "call", noting)
            await feeds.push([READER], ids(2))
        finally:
            await feeds.close()
        assert asked == ["EVALSHA", "WAIT"]


class TestUnavailable:
    async def test_every_method_says_so(self, anyio_backend: object) -> None:
        away = RedisFeeds("redis://127.0.0.1:1/0", days=30)
        calls = [
            away.read(READER, Page(limit=1)),
            away.open(READER),
            away.fill(READER, "", [], whole=True),
            away.push([READER], ids(1)),
            away.push_each({READER: ids(1)}),
            away.remove([READER], ids(1)),
            away.ping(),
        ]
        for call in calls:
            with pytest.raises(FeedsUnavailable):
                await call
        await away.close()
