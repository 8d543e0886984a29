"""`python -m tests.bench.cascade [nodes]`: how long it takes to look at a large cascade, and to add one repost to it.

Beside each time stand the CPU time of the service's process, and a bare `SELECT count(*)` of the same cascade's nodes
taken in turn with it: times follow the machine and who else is busy on it, the ratio and the CPU time less so.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import asyncpg
import httpx2
from rich.console import Console

from app.bootstrap import open_resources
from app.kit import log
from app.kit.dsn import driver_url
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey
from app.migrate import migrate
from app.settings import Settings
from app.worker import make_relay
from tests.cascades.grown import Grown
from tests.people import Person, World
from tests.service import service

_ROUNDS = 9
_CONSOLE = Console(width=150, highlight=False)
_COUNT = "SELECT count(*) FROM cascade_nodes WHERE root_id = $1"


def main() -> None:
    """Start servers of its own, grow a tree, and print milliseconds."""
    log.configure("WARNING")
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    folder = Path(tempfile.mkdtemp(prefix="weizhi-bench-"))
    folder.chmod(0o755)
    postgres, valkey = LocalPostgres(folder), LocalValkey(folder)
    try:
        database_url = postgres.start()
        asyncio.run(migrate(database_url))
        asyncio.run(_measure(database_url, valkey.start(), folder, size))
    finally:
        valkey.stop()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(database_url: str, redis_url: str, folder: Path, size: int) -> None:
    settings = Settings(
        database_url=database_url,
        redis_url=redis_url,
        base_url="http://weizhi.test",
        rate_limits=False,
        media=folder / "media",
        mail=folder / "mail",
        _env_file=None,
    )
    async with open_resources(settings) as resources:
        transport = httpx2.ASGITransport(app=service(resources))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test", timeout=60) as client:
            world = await World.open(client, make_relay(resources))
            await _look(world, database_url, size)


async def _look(world: World, database_url: str, size: int) -> None:
    recruiter, *people = await world.people("recruiter", *(f"p{number}" for number in range(2 * _ROUNDS)))
    job = await recruiter.publishes_job()
    root = int(job["status_id"])
    grown = Grown(database_url, root)
    repost = f"/api/v1/statuses/{root}/reblog"
    await grown.grow(10)
    connection = await asyncpg.connect(driver_url(database_url))

    async def count() -> None:
        await connection.fetchval(_COUNT, root)

    small = await _times(lambda number: people[number].request("POST", repost, expect=200), count)
    await grown.grow(size)
    await grown.apply(int(job["id"]), size // 100, hired=3)
    base = f"/api/weizhi/v1/jobs/{job['id']}"
    _CONSOLE.print(f"{size:,} nodes, {size // 100:,} applications; load average {os.getloadavg()[0]:.1f}")
    _CONSOLE.print(f"{'':34}{'median ms':>10}{'worst ms':>10}{'CPU ms':>8}{'count(*) ms':>13}{'ratio':>8}")
    _tell("a repost, of a tree of 10", small)
    _tell(
        "a repost, of this tree",
        await _times(lambda number: people[_ROUNDS + number].request("POST", repost, expect=200), count),
    )
    for name, path in {
        "tree page, five children of each": f"{base}/cascade?breadth=5&limit=100",
        "one branch's children": f"{base}/cascade?depth=1&limit=100&parent={grown.id_of(1)}",
        "the whole tree, a page of 500": f"{base}/cascade?limit=500",
        "reposters, by applications": f"{base}/reposters?limit=100",
        "funnel, by hop": f"{base}/funnel?group_by=hop",
        "picture": f"{base}/cascade.svg",
    }.items():
        if (await recruiter.request("GET", path)).status_code == 200:
            _tell(name, await _times(_reading(recruiter, path), count))
    await connection.close()


def _reading(person: Person, path: str) -> Callable[[int], Awaitable[object]]:
    return lambda _: person.request("GET", path, expect=200)


async def _times(act: Callable[[int], Awaitable[object]], count: Callable[[], Awaitable[None]]) -> list[list[float]]:
    """Milliseconds of each round: of what is measured, CPU time of that, of the count beside it."""
    taken: list[list[float]] = [[], [], []]
    for number in range(_ROUNDS):
        began, busy = time.perf_counter(), time.process_time()
        await act(number)
        between = time.perf_counter()
        taken[0].append(1000 * (between - began))
        taken[1].append(1000 * (time.process_time() - busy))
        await count()
        taken[2].append(1000 * (time.perf_counter() - between))
    return taken


def _tell(name: str, taken: list[list[float]]) -> None:
    ours, busy, counts = taken
    numbers = f"{median(ours):10.1f}{max(ours):10.1f}{median(busy):8.1f}{median(counts):13.1f}"
    _CONSOLE.print(f"{name:34}{numbers}{median(ours) / median(counts):8.1f}")


if __name__ == "__main__":
    main()
