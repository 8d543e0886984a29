"""The service on a Valkey Cluster one of whose masters is killed."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from app.bootstrap import Resources, open_resources
from app.kit.pagination import Page
from app.settings import Settings
from app.streaming.broadcast import BroadcastUnavailable, Message
from app.streaming.redis_broadcast import RedisBroadcast
from app.timeline.feeds import FeedsUnavailable
from app.timeline.redis_feeds import feed_key
from app.worker import make_relay
from tests.people import Person, World
from tests.service import service
from tests.valkey_cluster import LocalCluster

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("valkey_cluster")]


async def stored(resources: Resources, reader: Person) -> list[int] | None:
    """The reader's feed as it is stored, once its node answers."""
    async with asyncio.timeout(20):
        while True:
            try:
                feed = await resources.feeds.read(int(reader.id), Page(limit=20))
                return None if feed is None else list(feed.ids)
            except FeedsUnavailable:
                await asyncio.sleep(0.05)


async def shown(reader: Person) -> list[int]:
    statuses: list[dict[str, Any]] = await reader.home()
    return [int(status["id"]) for status in statuses]


class Stream:
    """A broadcast, in two processes, whose channel lies on one node: what one tells the other hears."""

    def __init__(self, cluster: LocalCluster, port: int) -> None:
        channels = ((f"{number}:", f"{number}:weizhi:0:streams") for number in range(100))
        prefix = next(prefix for prefix, channel in channels if cluster.owner_of(channel) == port)
        self.here, self.there = (RedisBroadcast(cluster.url, prefix=prefix) for _ in range(2))
        self.heard = self.there.listen()

    async def works(self) -> None:
        """Publish until a message is heard: after a failover who listens needs a moment to find the new node."""
        publishing = asyncio.create_task(self._tell())
        async with asyncio.timeout(20):
            while await anext(self.heard) is None:
                pass
        publishing.cancel()

    async def close(self) -> None:
        await self.heard.aclose()  # type: ignore[attr-defined]
        await self.here.close()
        await self.there.close()

    async def _tell(self) -> None:
        while True:
            try:
                await self.here.publish([Message("published", 1)])
            except BroadcastUnavailable:
                pass
            await asyncio.sleep(0.05)


async def test_goes_on_when_a_master_is_killed(settings: Settings, tmp_path: Path) -> None:
    cluster = LocalCluster(tmp_path)
    try:
        update = {"redis_url": SecretStr(cluster.url), "rate_limits": True}
        async with open_resources(settings.model_copy(update=update)) as resources:
            await resources.index.prepare()
            transport = httpx2.ASGITransport(app=service(resources))
            async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
                await live_through_it(cluster, resources, await World.open(client, make_relay(resources)))
    finally:
        cluster.stop()


async def live_through_it(cluster: LocalCluster, resources: Resources, world: World) -> None:
    reader, friend = await world.people("reader", "friend")
    await reader.follows(friend)
    await shown(reader)
    posts = [int((await friend.says(text))["id"]) for text in ("一", "二")]
    await world.settle()
    assert await stored(resources, reader) == await shown(reader) == posts[::-1]
    # Not settled with leisure: the last delivery is the last thing the master does.
    posts.append(int((await friend.says("三"))["id"]))
    await world.settle()
    killed = cluster.owner_of(feed_key(int(reader.id)))
    stream = Stream(cluster, killed)
    await stream.works()
    cluster.kill(killed)

    assert await shown(reader) == posts[::-1], "PostgreSQL stands in"
    posts.append(int((await friend.says("四"))["id"]))
    assert await stored(resources, reader) == posts[2::-1], "the replica that took over lacks nothing"
    await world.settle()
    assert await stored(resources, reader) == await shown(reader) == posts[::-1]
    await stream.works()
    await stream.close()

    # A replica that took over with nothing, and at last nobody to take over at all.
    await resources.feeds.flush()  # type: ignore[attr-defined]
    assert await stored(resources, reader) is None
    assert await shown(reader) == posts[::-1]
    assert await stored(resources, reader) == posts[::-1]
    cluster.kill(cluster.owner_of(feed_key(int(reader.id))))
    assert await shown(reader) == posts[::-1]
