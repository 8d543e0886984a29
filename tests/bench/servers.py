"""Everything a run needs, started for it: PostgreSQL with fsync, Valkey, one API process on a core of its own, a
worker, and the bare app to compare with."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import redis

from app.kit.dsn import driver_url
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey
from tests.bench.usage import cpu_seconds, parent_of

_API, _BARE = 3987, 3986
CORE = 0
_FEED_READS = re.compile(r"^weizhi_feed_reads_total\S* (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Servers:
    """Where the servers are, and the processes whose CPU time counts."""

    url: str
    bare_url: str
    database_url: str
    redis_url: str
    pids: Mapping[str, int]

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by program."""
        return {name: cpu_seconds(pid) for name, pid in self.pids.items()}

    def feed_reads(self) -> float:
        """How many home pages were made of feeds so far, rather than said again."""
        metrics = httpx2.get(f"{self.url}/metrics", timeout=5).text
        return sum(float(value) for value in _FEED_READS.findall(metrics))


@contextmanager
def running() -> Iterator[Servers]:
    """The servers; with a worker. All is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="weizhi-bench-"))
    folder.chmod(0o755)
    postgres, valkey = LocalPostgres(folder), LocalValkey(folder)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        database_url, redis_url = postgres.start(), valkey.start()
        env = {
            **os.environ,
            "WEIZHI_DATABASE_URL": database_url,
            "WEIZHI_REDIS_URL": redis_url,
            "WEIZHI_DATA": str(folder),
            "PORT": str(_API),
            "WEIZHI_LOG_LEVEL": "WARNING",
            "WEIZHI_RATE_LIMITS": "off",
        }
        command = [sys.executable, "-m", "app.cli"]
        said = (folder / "said").open("wb")
        subprocess.run([*command, "migrate"], env=env, check=True, stdout=said, stderr=said)
        for name, program in {
            "api": [*command, "api"],
            "bare": [sys.executable, "-m", "tests.bench.bare", str(_BARE)],
            "worker": [*command, "worker"],
        }.items():
            processes[name] = subprocess.Popen(program, env=env, stdout=said, stderr=said)
            if name != "worker":
                os.sched_setaffinity(processes[name].pid, {CORE})
        servers = Servers(f"http://127.0.0.1:{_API}", f"http://127.0.0.1:{_BARE}", database_url, redis_url, {})
        _wait(f"{servers.url}/readyz")
        _wait(f"{servers.bare_url}/2")
        yield Servers(
            servers.url,
            servers.bare_url,
            database_url,
            redis_url,
            {"server": processes["api"].pid, "bare": processes["bare"].pid, **_stores(servers)},
        )
    except BaseException:
        sys.stderr.write((folder / "said").read_text(errors="replace")[-3000:])
        raise
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                # Its backlog does not matter any more.
                process.kill()
                process.wait()
        valkey.stop()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _stores(servers: Servers) -> dict[str, int]:
    client = redis.Redis.from_url(servers.redis_url)
    valkey = int(client.info("server")["process_id"])
    client.close()
    return {"valkey": valkey, "postgresql": _postmaster(servers.database_url)}


def _postmaster(url: str) -> int:
    async def ask() -> int:
        connection = await asyncpg.connect(driver_url(url))
        try:
            assert await connection.fetchval("SHOW fsync") == "on", "the figures would flatter"
            return parent_of(await connection.fetchval("SELECT pg_backend_pid()"))
        finally:
            await connection.close()

    return asyncio.run(ask())


def _wait(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx2.get(url, timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.05)
