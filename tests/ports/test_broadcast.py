"""What every adapter of the broadcast port must do, on one Valkey and on a cluster."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.streaming.broadcast import Broadcast, BroadcastUnavailable, Message
from app.streaming.redis_broadcast import RedisBroadcast
from tests.valkey_cluster import ON_BOTH, valkey_url

pytestmark = pytest.mark.anyio


@pytest.fixture(params=ON_BOTH)
async def two(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Broadcast, Broadcast]]:
    """The broadcast as two processes have it."""
    opened = RedisBroadcast(valkey_url(request)), RedisBroadcast(valkey_url(request))
    yield opened
    for broadcast in opened:
        await broadcast.close()


async def test_what_one_process_publishes_every_other_hears_in_order(two: tuple[Broadcast, Broadcast]) -> None:
    here, there = two
    heard = there.listen()
    async with asyncio.timeout(10):
        assert await anext(heard) is None
        for id in range(3):
            await here.publish([Message("published", id, account_id=7)])
        assert [await anext(heard) for _ in range(3)] == [Message("published", id, account_id=7) for id in range(3)]
    await heard.aclose()  # type: ignore[attr-defined]


async def test_says_when_nobody_can_be_reached() -> None:
    away = RedisBroadcast("redis://127.0.0.1:1/0")
    with pytest.raises(BroadcastUnavailable):
        await away.publish([Message("published", 1)])
    await away.close()
