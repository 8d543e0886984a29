"""The hot endpoints under load: how many a second, how late, at what cost, and how near to the bare limit."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from tests.bench.load import Loaded, Request, load
from tests.bench.seed import TAG, Someone, World
from tests.bench.servers import Servers
from tests.bench.usage import per_request
from tests.bench.wire import Connection

FEW, MANY = 16, 64
# Posts a second while a population's mix is read: each comes to everybody.
NEWS = 5
_WAITING = 64
# So much more news than rounds of everybody's requests, so that hardly a request finds its page unchanged.
_MARGIN = 1.3
HOME = "/api/v1/timelines/home?limit=20"


@dataclass(frozen=True)
class Case:
    """An endpoint, as requests that are sent in turn. `news`: so often a second those whom all follow post meanwhile.

    None: so often that each request finds its page changed.
    """

    name: str
    requests: Sequence[Request]
    news: float | None = 0.0


@dataclass(frozen=True)
class Measured:
    """One row of the table. Ratios are to the bare app answering as many bytes; None where nothing is to compare.

    `anew`: what share of home pages was not as it had been.
    """

    name: str
    bytes: int
    anew: float
    few: Loaded
    many: Loaded
    cpu_ms: dict[str, float]
    bare_rate: float | None
    bare_cpu_ms: float | None

    @property
    def ratio(self) -> float | None:
        """Requests a second over the bare app's, at the same concurrency."""
        return self.few.rate / self.bare_rate if self.bare_rate else None

    @property
    def cpu_ratio(self) -> float | None:
        """The bare app's CPU time for an answer over the server's: what `ratio` would be if nothing else ran."""
        return self.bare_cpu_ms / self.cpu_ms["server"] if self.bare_cpu_ms else None

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        rates = {
            "rate_few": self.few.rate,
            "rate_many": self.many.rate,
            "ratio": self.ratio,
            "cpu_ratio": self.cpu_ratio,
        }
        return {**asdict(self), **rates}


async def cases(servers: Servers, world: World) -> list[Case]:
    """All of them, from one reader's own to a population's mix."""
    reader, author = world.reader, world.authors[0]
    deep = await _deep_pages(servers, reader)
    chance = random.Random(11)
    everyone = [Request(HOME, one.token) for one in world.population]
    regulars = everyone[:50]
    pages = [request for one in chance.sample(list(world.population), 40) for request in _at(deep, one)]
    mix = [chance.choice(chance.choices((regulars, everyone, pages), weights=(60, 25, 15))[0]) for _ in range(4000)]
    return [
        Case("home, unchanged", [Request(HOME, reader.token)]),
        Case("home, changing", everyone, news=None),
        Case("home, deep page", _at(deep, reader)),
        Case("home, population mix", mix, news=NEWS),
        Case("public", [Request("/api/v1/timelines/public?limit=20", reader.token)]),
        Case("tag", [Request(f"/api/v1/timelines/tag/{quote(TAG)}?limit=20", reader.token)]),
        Case("list", [Request(f"/api/v1/timelines/list/{world.list_id}?limit=20", reader.token)]),
        Case("account", [Request(f"/api/v1/accounts/{author.id}/statuses?limit=20", reader.token)]),
        Case("one status", [Request(f"/api/v1/statuses/{world.post_ids[-1]}", reader.token)]),
        Case("POST status", [_post(one, "压测 #微职# 一条新帖") for one in world.authors[20:]]),
    ]


async def measure(servers: Servers, world: World, case: Case, *, seconds: float) -> Measured:
    """Warm up, then load with few and with many connections; then the bare app with as many bytes."""
    size = await _warm(servers, case)
    async with posting(servers, world.hot, await _news(servers, world, case)):
        before, reads = servers.cpu(), servers.feed_reads()
        few = await load(servers.url, case.requests, connections=FEW, seconds=seconds)
        cpu, reads = per_request(before, servers.cpu(), few.requests), servers.feed_reads() - reads
        many = await load(servers.url, case.requests, connections=MANY, seconds=seconds)
    bare = bare_cpu = None
    if case.requests[0].method == "GET":
        limit, before = [Request(f"/{size}")], servers.cpu()
        limited = await load(servers.bare_url, limit, connections=FEW, seconds=max(1.0, seconds / 2))
        bare, bare_cpu = limited.rate, per_request(before, servers.cpu(), limited.requests)["bare"]
    return Measured(case.name, size, min(1.0, reads / few.requests), few, many, cpu, bare, bare_cpu)


async def _news(servers: Servers, world: World, case: Case) -> float:
    """Posts a second for a case: where each page is to have changed, a little more often than all are asked for.

    By then everybody has met everyone who posts, as readers who stay have.
    """
    if case.news is not None:
        return case.news
    rate = float(NEWS)
    for seconds in (1, 4, 4):
        async with posting(servers, world.hot, rate):
            found = await load(servers.url, case.requests, connections=FEW, seconds=seconds)
        rate = _MARGIN * found.rate / len(case.requests)
    return rate


async def _warm(servers: Servers, case: Case) -> int:
    """Ask for everything once, so that feeds are there; the size of the last answer's body."""
    connections = [await Connection.open(servers.url) for _ in range(8)]
    waiting = iter(dict.fromkeys(case.requests))
    sizes: list[int] = []

    async def one(connection: Connection) -> None:
        for request in waiting:
            status, body = await connection.send(request)
            assert status == 200, body
            sizes.append(len(body))

    await asyncio.gather(*(one(connection) for connection in connections))
    for connection in connections:
        connection.close()
    return sizes[-1]


@dataclass
class Posted:
    """What became of posts that were due meanwhile; `late` ones were not even sent, so many waited for answers."""

    accepted: int = 0
    refused: int = 0
    late: int = 0


@asynccontextmanager
async def posting(servers: Servers, authors: Sequence[Someone], rate: float) -> AsyncIterator[Posted]:
    """Post `rate` times a second by these authors in turn, whether or not earlier posts are answered; until the end."""
    found = Posted()
    if not rate:
        yield found
        return
    free = [await Connection.open(servers.url) for _ in range(_WAITING)]
    loop, tasks = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    async def post(author: Someone, connection: Connection) -> None:
        try:
            status, _ = await connection.send(_post(author, "有新消息 #微职#"))
        except (asyncio.IncompleteReadError, ConnectionError):
            # It was not used for so long that the server closed it.
            connection = await Connection.open(servers.url)
            status, _ = await connection.send(_post(author, "有新消息 #微职#"))
        found.accepted += status == 200
        found.refused += status != 200
        free.append(connection)

    async def go_on() -> None:
        due, turn = loop.time(), 0
        while True:
            due, turn = due + 1 / rate, turn + 1
            await asyncio.sleep(due - loop.time())
            if not free:
                found.late += 1
                continue
            tasks.add(task := asyncio.create_task(post(authors[turn % len(authors)], free.pop())))
            task.add_done_callback(tasks.discard)

    going = asyncio.create_task(go_on())
    try:
        yield found
    finally:
        going.cancel()
        await asyncio.gather(going, *tasks, return_exceptions=True)
        for connection in free:
            connection.close()


def _post(author: Someone, words: str) -> Request:
    return Request("/api/v1/statuses", author.token, "POST", json.dumps({"status": words}, ensure_ascii=False))


async def _deep_pages(servers: Servers, reader: Someone) -> list[str]:
    """Where the pages from the fifth to the fourteenth of a home timeline begin."""
    connection, cursors, path = await Connection.open(servers.url), list[str](), HOME
    for _ in range(14):
        _, body = await connection.send(Request(path, reader.token))
        cursors.append(json.loads(body)[-1]["id"])
        path = f"{HOME}&max_id={cursors[-1]}"
    connection.close()
    return cursors[4:]


def _at(cursors: Sequence[str], reader: Someone) -> list[Request]:
    return [Request(f"{HOME}&max_id={cursor}", reader.token) for cursor in cursors]
