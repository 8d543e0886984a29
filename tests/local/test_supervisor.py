"""`weizhi run`: brings everything up, keeps it up, and takes everything down again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.local import processes
from app.local.kept import Kept
from app.local.supervisor import answers

from .conftest import HERE, PYTHONPATH, kill, processes_in, wait_for

Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def run(folder: Path, port: int) -> Iterator[Run]:
    """Starts the supervisor on `folder` and `port`; its output goes to the file `output-N`, read by `output`."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **env: str) -> subprocess.Popen[str]:
        with (folder / f"output-{len(started)}").open("w") as output:
            process = subprocess.Popen(
                [sys.executable, HERE / "weizhi_run.py", folder, str(port), *arguments],
                env={**os.environ, "PYTHONPATH": PYTHONPATH, "COLUMNS": "100", **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def output(folder: Path, number: int = 0) -> str:
    return (folder / f"output-{number}").read_text()


def fetch_pid(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
        return int(answer.read())


def servers_and_children(folder: Path) -> list[str]:
    """What runs for `folder`, the supervisor itself not counted."""
    return [line for line in processes_in(folder) if "weizhi_run.py" not in line] + [
        line for line in stand_ins() if environment_names(line, folder)
    ]


def stand_ins() -> list[str]:
    return processes_in(HERE / "stand_in.py")


def environment_names(line: str, folder: Path) -> bool:
    try:
        return str(folder).encode() in Path(f"/proc/{line.split()[0]}/environ").read_bytes()
    except OSError:
        return False


def test_up_twice_with_everything_and_ctrl_c_takes_it_down(folder: Path, port: int, run: Run) -> None:
    for number in (0, 1):
        begun = time.monotonic()
        process = run("own-servers")
        wait_for(lambda number=number: "Ctrl-C" in output(folder, number), seconds=30)
        assert time.monotonic() - begun < (30 if number == 0 else 5)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert servers_and_children(folder) == []
    assert "postgresql+asyncpg://weizhi:" in (folder / "prepared-with").read_text()
    assert "unix:///" in (folder / "prepared-with").read_text()
    assert (folder / "api-drained").exists()
    assert not (folder / "run.json").exists()


def test_banner_tells_what_to_do_next(folder: Path, port: int, run: Run) -> None:
    run()
    wait_for(lambda: "timelines/home" in output(folder))
    shown = output(folder)
    assert f"http://localhost:{port}" in shown
    assert "林小雨" in shown
    assert "demo-2" in shown
    assert f"{folder}/logs" in shown
    command = f"curl -s -H 'Authorization: Bearer {'t' * 43}' 'http://localhost:{port}/api/v1/timelines/home?limit=3'"
    assert command in shown.splitlines()


def test_kill_9_leaves_nothing_running(folder: Path, port: int, run: Run) -> None:
    process = run("own-servers")
    wait_for(lambda: "Ctrl-C" in output(folder), seconds=30)
    assert len(servers_and_children(folder)) >= 4
    kill(process)
    if sys.platform == "linux":
        wait_for(lambda: not servers_and_children(folder), seconds=10)
    again = run("own-servers")
    wait_for(lambda: "Ctrl-C" in output(folder, 1), seconds=30)
    again.send_signal(signal.SIGTERM)
    assert again.wait(20) == 0


def test_next_start_stops_what_is_left_where_the_kernel_does_not(folder: Path, port: int, run: Run) -> None:
    first = run(WEIZHI_TEST_NO_PDEATHSIG="1")
    wait_for(lambda: answers("127.0.0.1", port))
    left = fetch_pid(port)
    kill(first)
    os.kill(left, 0)
    run()
    wait_for(lambda: "Ctrl-C" in output(folder, 1))
    assert "stopped what an earlier run had left: api, worker" in output(folder, 1)
    assert fetch_pid(port) != left


def test_recycled_pid_in_the_record_is_let_be(folder: Path, port: int, run: Run) -> None:
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        (folder / "run.json").write_text(json.dumps({"api": [stranger.pid, "another life"]}))
        run()
        wait_for(lambda: answers("127.0.0.1", port))
        assert stranger.poll() is None
        stranger.kill()


def test_unreadable_record_is_no_hindrance(folder: Path, port: int, run: Run) -> None:
    (folder / "run.json").write_text('{"api": "half a rec')
    run()
    wait_for(lambda: answers("127.0.0.1", port))


def test_second_run_on_the_same_data_is_refused(folder: Path, port: int, run: Run) -> None:
    first = run()
    wait_for(lambda: answers("127.0.0.1", port))
    assert run().wait(20) == 1
    assert f"{folder} is already in use by process {first.pid}" in output(folder, 1)
    assert fetch_pid(port)


def test_taken_port_is_told_before_anything_starts(folder: Path, port: int, run: Run) -> None:
    with socket.create_server(("127.0.0.1", port)):
        assert run("own-servers").wait(20) == 1
    assert f"port {port} is already in use" in output(folder)
    assert not (folder / "postgres").exists()


def test_failed_preparation_ends_it_with_its_code(folder: Path, port: int, run: Run) -> None:
    (folder / "prepare-code").write_text("3")
    assert run().wait(20) == 3
    assert not (folder / "logs/api.log").exists()


def test_ctrl_c_during_preparation(folder: Path, port: int, run: Run) -> None:
    (folder / "prepare-hangs").touch()
    process = run()
    wait_for((folder / "prepared-with").exists)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert servers_and_children(folder) == []


def test_dead_child_is_started_again(folder: Path, port: int, run: Run) -> None:
    run()
    wait_for(lambda: answers("127.0.0.1", port))
    for name in ("api", "worker"):
        pid_file = folder / f"{name}.pid"
        wait_for(pid_file.exists)
        before = int(pid_file.read_text())
        os.kill(before, signal.SIGKILL)
        wait_for(lambda pid_file=pid_file, before=before: pid_file.read_text() not in ("", str(before)))
        assert f"{name} ended with -9; it starts again in 0.1 s" in output(folder)
    wait_for(lambda: answers("127.0.0.1", port))


def test_dead_server_is_started_again(folder: Path, port: int, run: Run) -> None:
    run("own-servers")
    wait_for(lambda: "Ctrl-C" in output(folder), seconds=30)
    pid_file = folder / "postgres/data/postmaster.pid"
    before = pid_file.read_text().split()[0]
    os.kill(int(before), signal.SIGKILL)
    wait_for(lambda: pid_file.exists() and pid_file.read_text().split()[:1] not in ([], [before]))
    assert "PostgreSQL ended with -9" in output(folder)


def test_api_that_never_comes_up_ends_it_with_the_log(folder: Path, port: int, run: Run) -> None:
    (folder / "api-crash").touch()
    assert run().wait(20) == 1
    assert "the API does not come up" in output(folder)
    assert "the stand-in crashed as told" in output(folder)
    assert (folder / "logs/api.log").read_text().count("crashed") == 5
    assert servers_and_children(folder) == []


def test_second_ctrl_c_kills_who_does_not_drain(folder: Path, port: int, run: Run) -> None:
    (folder / "stubborn").touch()
    process = run("own-servers")
    wait_for(lambda: "Ctrl-C" in output(folder) and (folder / "worker.pid").exists(), seconds=30)
    process.send_signal(signal.SIGINT)
    wait_for((folder / "api-drained").exists)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    assert time.monotonic() - begun < 5
    assert servers_and_children(folder) == []
    assert "database system is shut down" in (folder / "postgres/postgres.log").read_text()


def test_pauses_grow_and_a_healthy_life_starts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    alive = [True]
    kept = Kept("api", start=lambda: None, exit_code=lambda: None if alive[0] else 1, pauses=(1, 2, 4), healthy=60)
    kept.start()
    seen = []
    alive[0] = False
    for _ in range(4):
        line = kept.tend()
        assert line
        seen.append(line.rpartition("in ")[2])
        now += 5
        assert kept.tend() is None
    assert seen == ["1 s", "2 s", "4 s", "4 s"]
    alive[0] = True
    now += 60
    assert kept.tend() is None
    assert kept.deaths == 0


def test_life_is_known_without_proc_too(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The ways of macOS, which Linux's `ps` knows as well."""
    with subprocess.Popen(["sleep", "60"], cwd=folder) as sleeper:
        assert processes._life_by_ps(sleeper.pid) == processes._life_by_ps(sleeper.pid) != None  # noqa: E711
        assert processes._showing("sleep 60", {"sleep"}).count(sleeper.pid) == 1
        assert processes._working_in(folder, {"sleep"}) == [sleeper.pid]
        sleeper.kill()
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert processes._life_by_ps(sleeper.pid) is None, "a zombie does not live"
        assert processes.life_of(sleeper.pid) is None
        assert processes._working_in(folder, {"sleep"}) == []
    assert processes._life_by_ps(sleeper.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_child_of_a_parent_that_died_at_once_ends_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes.os, "getpid", lambda: 2**30)
    child = processes.spawn(["sleep", "60"], env=os.environ, dies_by=signal.SIGTERM, output=folder / "log")
    assert child.wait(10) == 1
