"""Loads a server with wrk on one core, or, where there is no wrk, as well as Python can."""

import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.bench.wire import Connection

_SCRIPT = Path(__file__).with_name("load.lua")
CORE = 1
MISSING = (
    "wrk is not installed: `apt-get install wrk` (Debian, Ubuntu), `brew install wrk` (macOS). The load comes from "
    "Python instead, which is the slower side of fast endpoints: requests/s and ratios below are lower bounds."
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as a line of the script's file."""

    path: str
    token: str = ""
    method: str = "GET"
    body: str = ""

    def line(self) -> str:
        """For the script."""
        return "\t".join((self.method, self.path, self.token, self.body))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load found. Milliseconds; `bytes` with headers."""

    requests: int
    seconds: float
    bytes: int
    failed: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answered requests a second."""
        return self.requests / self.seconds


def has_wrk() -> bool:
    """Whether wrk is there."""
    return shutil.which("wrk") is not None


async def load(url: str, requests: Sequence[Request], *, connections: int, seconds: float) -> Loaded:
    """Send `requests` in turn, `connections` at once, as fast as they are answered. Fails if any failed."""
    found = await (_wrk if has_wrk() else _python)(url, requests, connections, seconds)
    assert not found.failed, f"{found.failed} of {found.requests} requests failed: {requests[0]}"
    return found


async def _wrk(url: str, requests: Sequence[Request], connections: int, seconds: float) -> Loaded:
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write("\n".join(request.line() for request in requests) + "\n")
        file.flush()
        command = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(_SCRIPT)]
        process = await asyncio.create_subprocess_exec(
            "wrk", *command, url, "--", file.name, stdout=asyncio.subprocess.PIPE
        )
        os.sched_setaffinity(process.pid, {CORE})
        output, _ = await process.communicate()
    return Loaded(**json.loads(output.decode().strip().splitlines()[-1]))


async def _python(url: str, requests: Sequence[Request], connections: int, seconds: float) -> Loaded:
    waiting, times = cycle(requests), list[float]()
    sizes, failed = 0, 0
    started = time.perf_counter()

    async def one() -> None:
        nonlocal sizes, failed
        connection = await Connection.open(url)
        while time.perf_counter() - started < seconds:
            asked = time.perf_counter()
            status, body = await connection.send(next(waiting))
            times.append((time.perf_counter() - asked) * 1000)
            sizes += len(body)
            failed += status >= 400
        connection.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    spent = time.perf_counter() - started
    quantiles = statistics.quantiles(times, n=100)
    return Loaded(len(times), spent, sizes, failed, quantiles[49], quantiles[98])
