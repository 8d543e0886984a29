"""PostgreSQL from the wheel: keeps rows and characters, has one owner, and leaves nothing running."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.local import binaries, unprivileged
from app.local.errors import LocalError
from app.local.postgres import LocalPostgres

from .conftest import QUICK, kill, processes_in, wait_for

Owner = Callable[..., subprocess.Popen[str]]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account to drop to")


def fetch(url: str, *statements: str) -> Any:
    """Run the statements and return the first value of the last."""

    async def run() -> Any:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def ready_rows(process: subprocess.Popen[str]) -> int:
    assert process.stdout
    word, rows, *_ = process.stdout.readline().split()
    assert word == "READY"
    return int(rows)


def output_of_refused(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    return output


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("shared") / "postgres"
    server = LocalPostgres(folder, options=QUICK)
    yield server.start()
    server.remove()
    assert not folder.exists()


def test_sqlalchemy_understands_the_url(url: str) -> None:
    async def version() -> str:
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found: str = (await connection.execute(text("SHOW server_version"))).scalar_one()
        await engine.dispose()
        return found

    assert asyncio.run(version()).startswith("18.")


def test_chinese_keeps_its_characters(url: str) -> None:
    assert fetch(url, "SELECT datcollate || datctype FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8" * 2
    assert fetch(url, "SELECT lower('ÄPFEL 微职')") == "äpfel 微职"
    assert fetch(url, "CREATE EXTENSION IF NOT EXISTS pg_trgm", "SELECT show_trgm('软件工程师')") != []
    assert fetch(url, "SELECT similarity('后端工程师', '后端工程狮')") > 0.4
    assert fetch(url, "SELECT length(to_tsvector('simple', '你好，世界'))") == 2


def test_options_go_before_our_own(url: str) -> None:
    assert fetch(url, "SHOW fsync") == "off"
    assert fetch(url, "SHOW jit") == "off"
    assert fetch(url, "SHOW timezone") == "UTC"
    assert fetch(url, "SHOW max_connections") == "100"


def test_only_the_password_opens_the_server_and_only_by_its_socket(url: str) -> None:
    password = url.partition("weizhi:")[2].partition("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        fetch(url.replace(password, "wrong"), "SELECT 1")
    assert fetch(url, "SHOW listen_addresses") == ""


def test_rows_survive_a_restart_and_the_folder_is_closed(folder: Path) -> None:
    server = LocalPostgres(folder / "postgres")
    first = server.start()
    fetch(first, "CREATE TABLE words AS SELECT '微职' AS word", "SELECT 1")
    assert fetch(first, "SHOW fsync") == "on"
    assert (folder / "postgres/password").stat().st_mode & 0o777 == 0o600
    assert (folder / "postgres/data").stat().st_mode & 0o777 == 0o700
    server.stop()
    assert processes_in(folder) == []

    second = server.start()
    assert second == first
    assert fetch(second, "SELECT word FROM words") == "微职"
    server.stop()


def test_stop_does_not_wait_for_connections(folder: Path) -> None:
    server = LocalPostgres(folder, options=QUICK)
    url = server.start()

    async def stop_while_connected() -> None:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        await asyncio.wait_for(asyncio.to_thread(server.stop), 10)
        connection.terminate()

    asyncio.run(stop_while_connected())
    assert processes_in(folder) == []


def test_killed_owner_takes_the_server_along_and_the_rows_stay(folder: Path, owner: Owner) -> None:
    first = owner("postgres", folder / "postgres")
    assert ready_rows(first) == 1
    kill(first)
    if sys.platform == "linux":
        wait_for(lambda: not processes_in(folder))
    second = owner("postgres", folder / "postgres")
    assert ready_rows(second) == 2


def test_everything_killed_at_once_is_repaired(folder: Path, owner: Owner) -> None:
    first = owner("postgres", folder / "postgres")
    assert ready_rows(first) == 1
    postmaster = int((folder / "postgres/data/postmaster.pid").read_text().split()[0])
    os.kill(first.pid, signal.SIGSTOP)  # so that it cannot look after its server
    os.kill(postmaster, signal.SIGKILL)
    kill(first)
    assert ready_rows(owner("postgres", folder / "postgres")) == 2


def test_orphan_of_a_dead_owner_is_stopped_first(folder: Path, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, where no kernel ends a server with its owner."""
    monkeypatch.setenv("WEIZHI_TEST_NO_PDEATHSIG", "1")
    first = owner("postgres", folder / "postgres")
    assert ready_rows(first) == 1
    orphan = int((folder / "postgres/data/postmaster.pid").read_text().split()[0])
    kill(first)
    os.kill(orphan, 0)
    monkeypatch.delenv("WEIZHI_TEST_NO_PDEATHSIG")
    second = owner("postgres", folder / "postgres")
    assert ready_rows(second) == 2
    assert not any(line.startswith(f"{orphan} ") for line in processes_in(folder))


def test_second_owner_is_refused_with_the_pid_of_the_first(folder: Path, owner: Owner) -> None:
    first = owner("postgres", folder)
    ready_rows(first)
    assert f"in use by process {first.pid}" in output_of_refused(owner("postgres", folder))
    assert first.poll() is None


def test_stale_locks_that_name_a_stranger_are_removed_and_the_stranger_lives(folder: Path) -> None:
    server = LocalPostgres(folder, options=QUICK)
    server.start()
    server.stop()
    # Of the server's own account: PostgreSQL itself sees through those it may not signal.
    account = (folder / "data").stat().st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "60"], user=account) as stranger:
        (folder / "data/postmaster.pid").write_text(f"{stranger.pid}\n{folder}/data\n1\n5432\n{folder}/data\n\n")
        (folder / "data/.s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n{folder}/data\n1\n5432\n{folder}/data\n\n")
        url = server.start()
        assert fetch(url, "SELECT 1") == 1
        assert stranger.poll() is None
        stranger.kill()
    server.stop()


def test_half_made_cluster_is_made_anew(folder: Path) -> None:
    (folder / "data.new").mkdir()
    (folder / "data.new/PG_VERSION").write_text("18\n")
    server = LocalPostgres(folder, options=QUICK)
    assert fetch(server.start(), "SELECT 1") == 1
    server.stop()


@pytest.mark.parametrize("name", ["很长的名字" * 12, "a space, a comma: and more"])
def test_paths_too_long_or_too_odd_for_a_socket(folder: Path, name: str) -> None:
    server = LocalPostgres(folder / name, options=QUICK)
    url = server.start()
    assert "host=/tmp/weizhi-" in url
    assert fetch(url, "SELECT 1") == 1
    server.stop()
    assert not Path(url.partition("host=")[2].partition("&")[0]).exists()


def test_failing_start_says_why_and_leaves_nothing(folder: Path) -> None:
    server = LocalPostgres(folder, options={**QUICK, "shared_buffers": "none"})
    with pytest.raises(LocalError, match='invalid value for parameter "shared_buffers"'):
        server.start()
    assert processes_in(folder) == []
    LocalPostgres(folder, options=QUICK)._prepare()


def test_without_any_postgres_the_error_names_the_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_postgres_folders", lambda: iter(()))
    with pytest.raises(LocalError, match="WEIZHI_DATABASE_URL"):
        LocalPostgres(folder).start()


@as_root
def test_root_with_data_and_programs_below_a_closed_folder(
    closed_folder: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries.postgres_programs().parent.parent
    shutil.copytree(package, closed_folder / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, closed_folder / libraries.name, symlinks=True)
    programs = closed_folder / package.name / "pginstall/bin"
    monkeypatch.setattr(binaries, "_postgres_folders", lambda: iter([programs]))
    monkeypatch.setattr(unprivileged, "_PUBLIC", (folder,))

    server = LocalPostgres(closed_folder / "postgres", options=QUICK)
    fetch(server.start(), "CREATE TABLE words AS SELECT '微职' AS word", "SELECT 1")
    server.stop()
    again = LocalPostgres(closed_folder / "postgres", options=QUICK)
    assert fetch(again.start(), "SELECT word FROM words") == "微职"
    again.stop()
    assert closed_folder.parent.stat().st_mode & 0o777 == 0o700, "other people's folders keep their modes"
    assert len(list(folder.glob("weizhi-postgresql-*"))) == 1, "the programs are copied once"


@as_root
def test_ordinary_user(folder: Path, owner: Owner) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    for rows in (1, 2):
        process = owner("postgres", folder / "postgres", "nobody")
        assert ready_rows(process) == rows
        assert (folder / "postgres/data").stat().st_uid == nobody.pw_uid
        process.communicate("\n", timeout=30)
        assert process.returncode == 0
