"""How soon a post is found after it is acknowledged: `python -m tests.bench.freshness [posts a second] [seconds]`.

The API, the worker and the writer share one process, so it says what one core can do, and nothing on a busy machine.
PostgreSQL and Valkey are real; once PostgreSQL's index is watched, and once the small Meilisearch of the tests, whose
tasks take as long as given here (the real one's are not known).
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2

from app.bootstrap import Resources, open_resources
from app.kit import log
from app.kit.ids import LARGEST
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey
from app.migrate import migrate
from app.search import writer
from app.search.errors import EngineRefused, SearchUnavailable
from app.settings import Settings
from app.worker import make_relay
from tests.people import Person, World
from tests.search.fake_meilisearch import FakeMeilisearch, serving
from tests.service import service

_TASK_SECONDS = 0.2
# Ids of five seconds: posts are not indexed in their order.
_BACK = 5000 << 16
_LONGEST_SECONDS = 60.0


async def measure(settings: Settings, *, rate: int, seconds: int) -> list[float]:
    """Publish `rate` posts a second; of each, the seconds from its acknowledgement until the engine lists it."""
    async with open_resources(settings) as resources:
        resources.channel.start()
        relay = make_relay(resources)
        running = [asyncio.create_task(relay.run())]
        if resources.mirror:
            running.append(asyncio.create_task(writer.keep(resources.db, resources.mirror)))
        transport = httpx2.ASGITransport(app=service(resources))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            anna = await (await World.open(client, relay)).person("anna")
            # The first one loads dictionaries, and builds the index.
            first, _ = await say(anna, "起步")
            await listed(resources, {first})
            delays = await publish(resources, anna, rate=rate, seconds=seconds)
        relay.stop()
        for task in running[1:]:
            task.cancel()
        await asyncio.wait(running, timeout=10)
        return sorted(delays)


async def publish(resources: Resources, anna: Person, *, rate: int, seconds: int) -> list[float]:
    acknowledged: dict[int, float] = {}
    watching = asyncio.create_task(listed(resources, acknowledged.keys(), of=rate * seconds))

    async def one(number: int) -> None:
        id, at = await say(anna, f"第{number}号 招后端工程师，远程，待遇从优")
        acknowledged[id] = at

    started, tasks = time.monotonic(), []
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(number)))
    await asyncio.gather(*tasks)
    found = await watching
    return [max(0.0, found[id] - at) for id, at in acknowledged.items()]


async def say(anna: Person, words: str) -> tuple[int, float]:
    id = int((await anna.post("/api/v1/statuses", {"status": words}))["id"])
    return id, time.monotonic()


async def listed(resources: Resources, wanted: Collection[int], *, of: int = 1) -> dict[int, float]:
    """When each of `of` posts, which come into `wanted`, was first seen in the engine, by looks 0.05 s apart."""
    engine = resources.mirror or resources.own_index
    found: dict[int, float] = {}
    async with asyncio.timeout(_LONGEST_SECONDS):
        while len(found) < of or not found.keys() >= {*wanted}:
            with suppress(SearchUnavailable, EngineRefused):
                for id, _ in await engine.page_posts(after=max(found, default=0) - _BACK, until=LARGEST):
                    found.setdefault(id, time.monotonic())
            await asyncio.sleep(0.05)
    return found


def main(rate: int = 50, seconds: int = 10) -> None:
    """Measure both engines and print what they took."""
    log.configure("ERROR")
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="weizhi-bench-")))
        folder.chmod(0o755)
        postgres, valkey = LocalPostgres(folder), LocalValkey(folder)
        cleanup.callback(postgres.remove)
        cleanup.callback(valkey.stop)
        database, redis = postgres.start(), valkey.start()
        asyncio.run(migrate(database))
        fake = FakeMeilisearch()
        fake.latency_seconds = _TASK_SECONDS
        cleanup.enter_context(serving(fake))
        common = {"database_url": database, "redis_url": redis, "base_url": "http://weizhi.test", "rate_limits": False}
        common |= {"media": folder / "media", "mail": folder / "mail", "_env_file": None}
        for name, number in (("postgresql", 0), (f"meilisearch (tasks of {_TASK_SECONDS} s)", 1)):
            settings = Settings(**common, **({"meili_url": fake.url} if number else {}))
            delays = asyncio.run(measure(settings, rate=rate, seconds=seconds))
            median, most = delays[len(delays) // 2], delays[min(len(delays) - 1, len(delays) * 99 // 100)]
            told = f"p50 {median:.2f} s, p99 {most:.2f} s, longest {delays[-1]:.2f} s"
            sys.stdout.write(f"{name}: {rate} posts/s for {seconds} s: {told}\n")
            asyncio.run(_forget(database))


async def _forget(database: str) -> None:
    import asyncpg

    from app.kit.dsn import driver_url

    connection = await asyncpg.connect(driver_url(database))
    await connection.execute("TRUNCATE accounts, search_posts, search_waiting CASCADE")
    await connection.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
