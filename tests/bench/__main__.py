"""`make bench`: a demo world on scratch servers, a real API and worker; what costs how much compared to what.

Every request goes over a real socket to an API process. A round measures each thing once, in turn, so
that noise falls on all alike; the table shows medians of the rounds and each median over the first.
"""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
from rich.console import Console
from rich.table import Table

from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey

PEOPLE = int(os.environ.get("BENCH_PEOPLE", "2000"))
ROUNDS, REQUESTS, AT_ONCE = 5, 200, 8
PORT = 3987
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    """Run the benchmark and print its table."""
    folder = Path(tempfile.mkdtemp(prefix="weizhi-bench-"))
    folder.chmod(0o755)
    postgres, valkey = LocalPostgres(folder), LocalValkey(folder)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        env = {
            **os.environ,
            "WEIZHI_DATABASE_URL": postgres.start(),
            "WEIZHI_REDIS_URL": valkey.start(),
            "WEIZHI_DATA": str(folder),
            "PORT": str(PORT),
            "WEIZHI_LOG_LEVEL": "WARNING",
            "WEIZHI_RATE_LIMITS": "off",
        }
        command = [sys.executable, "-m", "app.cli"]
        subprocess.run([*command, "migrate"], env=env, check=True)
        subprocess.run([*command, "demo", "--people", str(PEOPLE)], env=env, check=True)
        processes += [subprocess.Popen([*command, name], env=env) for name in ("api", "worker")]
        asyncio.run(measure(json.loads((folder / "demo-logins.json").read_text())))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        valkey.stop()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


async def measure(logins: list[dict[str, str]]) -> None:
    """Measure every case in turn, some rounds long."""
    recruiter, professional = ({"Authorization": f"Bearer {login['token']}"} for login in logins)
    async with httpx2.AsyncClient(base_url=URL, timeout=30) as client:
        await ready(client)

        def get(path: str, headers: dict[str, str] | None = None) -> Callable[[], Awaitable[Any]]:
            return lambda: client.get(path, headers=headers)

        cases: dict[str, Callable[[], Awaitable[Any]]] = {
            "GET /livez (nothing)": get("/livez"),
            "home timeline, 20": get("/api/v1/timelines/home?limit=20", professional),
            "public timeline, 20": get("/api/v1/timelines/public?limit=20"),
            "timeline search, 20": get("/api/weizhi/v1/search/timeline?q=后端&scope=public", professional),
            "job search with facets": get("/api/weizhi/v1/jobs?q=后端&city=杭州"),
            "publish a post": lambda: client.post(
                "/api/v1/statuses", headers=recruiter, json={"status": "压测 #微职#"}
            ),
        }
        times: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(ROUNDS):
            for name, call in cases.items():
                times[name].append(await per_request(call))
        visible = [await until_visible(client, recruiter) for _ in range(20)]
        heard = await until_heard(client, recruiter, times=20)
    show(times, {"home timeline": visible, "open stream": heard})


async def ready(client: httpx2.AsyncClient) -> None:
    """Wait until the API answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.05)


async def per_request(call: Callable[[], Awaitable[Any]]) -> float:
    """Milliseconds a request when AT_ONCE are on their way."""

    async def client() -> None:
        for _ in range(REQUESTS // AT_ONCE):
            response = await call()
            assert response.status_code == 200, response.text

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return (time.perf_counter() - started) * 1000 / REQUESTS


async def until_visible(client: httpx2.AsyncClient, headers: dict[str, str]) -> float:
    """Milliseconds from the acknowledged post to its author's home timeline, through outbox and worker."""
    post = (await client.post("/api/v1/statuses", headers=headers, json={"status": "看得见吗"})).json()
    started = time.perf_counter()
    while True:
        page = (await client.get("/api/v1/timelines/home?limit=1", headers=headers)).json()
        if page and page[0]["id"] == post["id"]:
            return (time.perf_counter() - started) * 1000


async def until_heard(client: httpx2.AsyncClient, headers: dict[str, str], *, times: int) -> list[float]:
    """Milliseconds from each acknowledged post to the event in its author's open stream."""
    heard = []
    async with client.stream("GET", "/api/v1/streaming/user", headers=headers) as stream:
        lines = stream.aiter_lines()
        for _ in range(times):
            post = (await client.post("/api/v1/statuses", headers=headers, json={"status": "听得见吗"})).json()
            acknowledged = time.perf_counter()
            async for line in lines:
                if line.startswith("data:") and f'"id":"{post["id"]}"' in line:
                    heard.append((time.perf_counter() - acknowledged) * 1000)
                    break
    return heard


def show(times: dict[str, list[float]], delays: dict[str, list[float]]) -> None:
    """Print medians, spreads and ratios."""
    base = statistics.median(next(iter(times.values())))
    table = Table("what", "ms/request", "spread", "ratio", title=f"{PEOPLE} people, {AT_ONCE} at once, one API process")
    for name, found in times.items():
        median = statistics.median(found)
        table.add_row(name, f"{median:.2f}", f"{min(found):.2f}–{max(found):.2f}", f"{median / base:.1f}")
    console = Console()
    console.print(table)
    for name, found in delays.items():
        quantiles = statistics.quantiles(found, n=20)
        console.print(f"post → {name}: median {statistics.median(found):.0f} ms, p95 {quantiles[-1]:.0f} ms")


if __name__ == "__main__":
    main()
