"""How long after its acknowledgement a post is at home with a follower, and in a follower's open stream."""

import asyncio
import json
import time
from collections.abc import Sequence

import asyncpg
import httpx2

from app.kit.dsn import driver_url
from tests.bench.endpoints import posting
from tests.bench.load import Request
from tests.bench.seed import Someone, World
from tests.bench.servers import Servers
from tests.bench.wire import Connection

BUSY = 200  # Posts a second by others meanwhile.
_PATIENCE = 10.0
_IS_IDLE = """
    SELECT NOT EXISTS (SELECT FROM outbox_events)
        AND NOT EXISTS (SELECT FROM tasks WHERE state <> 'dead' AND run_at <= now())
"""


async def measure(servers: Servers, world: World, *, times: int) -> dict[str, list[float]]:
    """Milliseconds, each list `times` long; shorter where that would take more than `times` / 4 seconds."""
    author, follower = world.hot[0], world.population[0]
    await _idle(servers)
    found = {"home, idle": await _visible(servers, author, follower, times)}
    async with posting(servers, world.authors[40:], BUSY) as posted:
        await asyncio.sleep(1)
        started, before = time.perf_counter(), posted.accepted
        delays = await _visible(servers, author, follower, times)
        rate = (posted.accepted - before) / (time.perf_counter() - started)
    found[f"home, at {rate:.0f} of {BUSY} posts/s"] = delays
    found["open stream"] = await _heard(servers, author, follower, times)
    return found


def median(found: Sequence[float]) -> float:
    """The middle one."""
    return sorted(found)[len(found) // 2]


def ninety_ninth(found: Sequence[float]) -> float:
    """What one in a hundred exceeds; of fewer than a hundred the worst."""
    return sorted(found)[min(len(found) - 1, len(found) * 99 // 100)]


async def _idle(servers: Servers) -> None:
    """Wait for the worker, a while at most: what came before is not what is measured here."""
    connection = await asyncpg.connect(driver_url(servers.database_url))
    try:
        for _ in range(600):
            if await connection.fetchval(_IS_IDLE):
                return
            await asyncio.sleep(0.1)
    finally:
        await connection.close()


async def _visible(servers: Servers, author: Someone, follower: Someone, times: int) -> list[float]:
    saying, asking = await Connection.open(servers.url), await Connection.open(servers.url)
    delays, enough = list[float](), time.perf_counter() + times / 4
    while len(delays) < times and time.perf_counter() < enough:
        id = await _says(saying, author)
        acknowledged = time.perf_counter()
        while True:
            _, body = await asking.send(Request("/api/v1/timelines/home?limit=20", follower.token))
            if f'"{id}"'.encode() in body:
                break
            if time.perf_counter() > acknowledged + _PATIENCE:
                # The worker does not keep up: more would only say the same.
                return [*delays, _PATIENCE * 1000]
            # Not so often that the asking is what it waits for.
            await asyncio.sleep(0.004)
        delays.append((time.perf_counter() - acknowledged) * 1000)
    saying.close()
    asking.close()
    return delays


async def _heard(servers: Servers, author: Someone, follower: Someone, times: int) -> list[float]:
    saying, delays, enough = await Connection.open(servers.url), list[float](), time.perf_counter() + times / 4
    headers = {"Authorization": f"Bearer {follower.token}"}
    async with (
        httpx2.AsyncClient(base_url=servers.url, timeout=_PATIENCE) as client,
        client.stream("GET", "/api/v1/streaming/user", headers=headers) as stream,
    ):
        lines = stream.aiter_lines()
        await anext(lines)  # The stream says that it is open.
        while len(delays) < times and time.perf_counter() < enough:
            id = await _says(saying, author)
            acknowledged = time.perf_counter()
            async for line in lines:
                if line.startswith("data:") and f'"{id}"' in line:
                    break
            delays.append((time.perf_counter() - acknowledged) * 1000)
    saying.close()
    return delays


async def _says(connection: Connection, author: Someone) -> str:
    body = json.dumps({"status": "看得见吗"}, ensure_ascii=False)
    status, answer = await connection.send(Request("/api/v1/statuses", author.token, "POST", body))
    assert status == 200, answer
    id: str = json.loads(answer)["id"]
    return id
