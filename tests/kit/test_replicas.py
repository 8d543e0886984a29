"""A real streaming replica: strangers read from it, and from the primary when it is away or behind."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Database
from app.kit.replicas import Replicas
from app.local.binaries import postgres_programs
from app.local.processes import run
from app.local.unprivileged import runnable_programs, server_account

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("replica")]


class Replica:
    """A copy of the tests' PostgreSQL, and the server on it."""

    def __init__(self, primary: str) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="weizhi-replica-"))
        self._home.chmod(0o755)
        self._account = server_account(self._home)
        self._programs = postgres_programs()
        if self._account:
            self._programs = runnable_programs(self._programs, self._account)
            os.chown(self._home, self._account.uid, self._account.gid)
        self._data, self._primary = self._home / "data", primary

    def start(self) -> str:
        """Copy the primary and follow it; the URL."""
        to = urlsplit(self._primary)
        host = parse_qs(to.query)["host"][0]
        source = f"host={host} port=5432 user={to.username} password={to.password} application_name=replica"
        copy = [self._programs / "pg_basebackup", "-D", self._data, "-d", source, "-R", "-X", "stream", "-c", "fast"]
        self._run(*copy, "--no-sync")
        # A replica must have room for what its primary has.
        options = f"-k {self._home} -c listen_addresses= -c fsync=off -c max_connections=200"
        options += " -c wal_retrieve_retry_interval=100ms"
        self._run(self._programs / "pg_ctl", "-D", self._data, "-o", options, "-l", self._home / "log", "-w", "start")
        return self._primary.replace(f"host={host}", f"host={self._home}")

    def stop(self) -> None:
        """Stop at once, as if the machine were gone."""
        if (self._data / "postmaster.pid").exists():
            self._run(self._programs / "pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, *argv: str | Path) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        done: subprocess.CompletedProcess[str] = run(list(argv), env=env, account=self._account)
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def replica(new_database: Callable[[str], str]) -> Iterator[tuple[str, Replica, str]]:
    """The URL of a primary, its replica, and the replica's URL."""
    primary = new_database("replicated")
    followed = Replica(primary)
    try:
        yield primary, followed, followed.start()
    finally:
        followed.remove()


async def on_replica(session: AsyncSession) -> bool:
    found: bool = await session.scalar(text("SELECT pg_is_in_recovery()"))
    return found


async def test_a_replica_that_follows_nobody_is_passed_over(replica: tuple[str, Replica, str]) -> None:
    url, _, replica_url = replica
    primary, direct = Database(url, pool_size=2), Database(replica_url, pool_size=1)
    replicas = Replicas(primary, [replica_url], pool_size=2)
    try:
        assert await replicas.read(on_replica) is True
        async with direct.reading() as session:
            followed = await session.scalar(text("SHOW primary_conninfo"))
            await _follow(session, "")
            receiving = text("SELECT count(*) FROM pg_stat_wal_receiver WHERE status = 'streaming'")
            deadline = time.monotonic() + 10
            while await session.scalar(receiving):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            replicas._replicas[0]._good_until = 0.0
            assert await replicas.read(on_replica) is False
            await _follow(session, followed)
    finally:
        await direct.close()
        await replicas.close()
        await primary.close()


async def _follow(session: AsyncSession, source: str) -> None:
    quoted = source.replace("'", "''")
    await session.execute(text(f"ALTER SYSTEM SET primary_conninfo = '{quoted}'".replace(":", "\\:")))
    await session.execute(text("SELECT pg_reload_conf()"))


async def test_reads_go_to_the_replica_and_to_the_primary_when_it_is_away(replica: tuple[str, Replica, str]) -> None:
    url, server, replica_url = replica
    primary = Database(url, pool_size=2)
    replicas = Replicas(primary, [replica_url], pool_size=2)
    try:
        async with primary.transaction() as session:
            await session.execute(text("INSERT INTO accounts (username, handle) VALUES ('late', 'late')"))
        deadline = time.monotonic() + 10
        known = text("SELECT count(*) FROM accounts WHERE handle = 'late' AND pg_is_in_recovery()")
        while not await replicas.read(lambda session: session.scalar(known)):
            assert time.monotonic() < deadline, "the replica did not follow"
            await asyncio.sleep(0.02)

        async with primary.reading() as session:
            assert not await on_replica(session)
        server.stop()
        # In the middle of good times: whoever comes first is not told of it.
        assert await replicas.read(on_replica) is False
        assert await replicas.read(on_replica) is False
    finally:
        await replicas.close()
        await primary.close()


async def test_without_replicas_the_primary_answers(db: Database) -> None:
    assert await Replicas(db).read(on_replica) is False
