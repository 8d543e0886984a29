"""The limits port: what every adapter that limits promises."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from app.limits.limits import Limits, LimitsUnavailable, Rule, require_within
from app.limits.no_limits import NoLimits
from app.limits.valkey_limits import ValkeyLimits, limit_key
from tests.valkey_cluster import ON_BOTH, valkey_url

pytestmark = pytest.mark.anyio

FEW = Rule("few", most=3, seconds=60)
MANY = Rule("many", most=100, seconds=600)


@pytest.fixture(params=ON_BOTH)
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[Limits]:
    adapter = ValkeyLimits(valkey_url(request))
    await adapter._valkey.everywhere("FLUSHDB")
    yield adapter
    await adapter.close()


class TestHit:
    async def test_counts_to_the_limit_and_on(self, limits: Limits) -> None:
        standings = [(await limits.hit([(FEW, "a")]))[0] for _ in range(5)]
        assert [standing.used for standing in standings] == [1, 2, 3, 4, 5]
        assert [standing.remaining for standing in standings] == [2, 1, 0, 0, 0]
        assert [standing.exceeded for standing in standings] == [False, False, False, True, True]
        assert all(59 < standing.resets_in <= 60 for standing in standings)

    async def test_counts_each_rule_and_each_subject_for_itself(self, limits: Limits) -> None:
        await limits.hit([(FEW, "a"), (MANY, "a")])
        await limits.hit([(FEW, "b"), (MANY, "a")])
        (few, many) = await limits.hit([(FEW, "a"), (MANY, "a")])
        assert (few.used, many.used) == (2, 3)
        assert many.resets_in > 590

    async def test_counts_for_several_subjects_at_once(self, limits: Limits) -> None:
        for _ in range(2):
            uses = [(FEW, "a"), (MANY, "b"), (FEW, "c"), (MANY, "a")]
            standings = await limits.hit(uses)
        assert [(standing.rule, standing.used) for standing in standings] == [(rule, 2) for rule, _ in uses]

    async def test_loses_no_use_of_many_at_once(self, limits: Limits) -> None:
        standings = await asyncio.gather(*(limits.hit([(MANY, "a")]) for _ in range(50)))
        assert sorted(standing[0].used for standing in standings) == list(range(1, 51))

    async def test_starts_anew_when_the_window_is_over(self, limits: Limits) -> None:
        short = Rule("short", most=1, seconds=1)
        assert (await limits.hit([(short, "a")]))[0].used == 1
        deadline = asyncio.get_running_loop().time() + 5
        while (await limits.hit([(short, "a")]))[0].exceeded:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)

    async def test_gives_a_counter_that_lost_its_end_a_new_one(self, limits: ValkeyLimits) -> None:
        await limits.hit([(FEW, "a")])
        key = limit_key(FEW, "a")
        await limits._valkey.call(key, "PERSIST", key)
        await limits.hit([(FEW, "a")])
        assert await limits._valkey.call(key, "TTL", key) > 0

    async def test_tells_when_the_store_is_away_and_then_does_not_wait_for_it(self) -> None:
        away = ValkeyLimits("redis://127.0.0.1:1/0")
        for _ in range(50):
            with pytest.raises(LimitsUnavailable):
                await away.hit([(FEW, "a")])
        await away.close()

    async def test_does_not_wait_long_for_a_store_that_hangs(self) -> None:
        # The kernel takes the connection, and nobody ever answers.
        server = socket.create_server(("127.0.0.1", 0))
        hanging = ValkeyLimits(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        async with asyncio.timeout(2):
            for _ in range(50):
                with pytest.raises(LimitsUnavailable):
                    await hanging.hit([(FEW, "a")])
        await hanging.close()
        server.close()

    async def test_asks_a_store_again_that_was_away(self, limits: ValkeyLimits) -> None:
        limits._away_until = asyncio.get_running_loop().time() + 0.1
        with pytest.raises(LimitsUnavailable):
            await limits.hit([(FEW, "a")])
        limits._away_until = 0.0
        assert (await limits.hit([(FEW, "a")]))[0].used == 1


class TestRequireWithin:
    async def test_raises_with_the_time_to_wait(self, limits: Limits) -> None:
        for _ in range(3):
            await require_within(limits, [(MANY, "a"), (FEW, "a")])
        with pytest.raises(Exception, match="Too many requests") as refused:
            await require_within(limits, [(MANY, "a"), (FEW, "a")])
        assert 59 <= refused.value.retry_after <= 61  # type: ignore[attr-defined]


async def test_no_limits_limit_nothing() -> None:
    nothing = NoLimits()
    for _ in range(5):
        (standing,) = await nothing.hit([(FEW, "a")])
        assert (standing.remaining, standing.exceeded, standing.resets_in) == (2, False, 60)
    await nothing.close()
