"""Folders for servers, and processes that own servers and can be killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Our child processes find the very modules that we do.
PYTHONPATH = os.pathsep.join([str(HERE.parent.parent), *sys.path])

QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that every account may enter; pytest's own are closed to all but us.

    At the end nothing may run in it any more.
    """
    path = Path(tempfile.mkdtemp(prefix="weizhi-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    if sys.platform == "linux":
        wait_for(lambda: not processes_in(path))
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder below one that only we may enter."""
    tmp_path.chmod(0o700)
    home = tmp_path / "home"
    home.mkdir()
    yield home
    for link in home.rglob("elsewhere"):
        shutil.rmtree(link.resolve(), ignore_errors=True)


@pytest.fixture
def owner() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `owner.py` with arguments: a process that holds servers and says READY."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, HERE / "owner.py", *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": PYTHONPATH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            if process.poll() is None and process.stdin:
                process.stdin.write("\n")


def wait_for(condition: Callable[[], object], *, seconds: float = 15) -> None:
    """Return as soon as `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def processes_in(folder: Path) -> list[str]:
    """Live processes that work in `folder` or name it in their command, ourselves not counted."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_in = os.readlink(process / "cwd")
        except OSError:
            continue
        if command and (works_in.startswith(str(folder)) or str(folder) in command):
            found.append(f"{process.name} {command}")
    return found


def kill(process: subprocess.Popen[str]) -> None:
    """Kill without a chance to clean up."""
    process.send_signal(signal.SIGKILL)
    process.wait()
