"""A running Weizhi: API and worker as processes of their own, on the tests' servers, with every answer watched."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.environments import environment, locked

ROOT = Path(__file__).resolve().parents[2]
# toot's own tests name it.
PORT = 3000
_START_SECONDS, _STOP_SECONDS = 60, 15


@dataclass(frozen=True)
class Service:
    """Where it is, and where it writes."""

    url: str
    folder: Path

    def answers(self) -> list[str]:
        """`METHOD path status` of every answer so far."""
        return (self.folder / "answers.txt").read_text().splitlines()

    def violations(self) -> list[str]:
        """Every answer so far that a description does not allow."""
        told = (self.folder / "violations.txt").read_text().split("\n\n")
        return [violation for violation in told if violation.strip()]

    def trouble(self) -> str:
        """What the processes logged that should not have happened."""
        lines = [
            line
            for log in sorted(self.folder.glob("*.log"))
            for line in log.read_text(errors="replace").splitlines()
            if '"error"' in line or '"critical"' in line or "Traceback" in line
        ]
        return "\n".join(lines[-20:])


@pytest.fixture(scope="package")
def service(
    new_database: Callable[[str], str], new_redis: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Weizhi on port 3000, as test programs may have it: no rate limits, log-in by password."""
    folder = tmp_path_factory.mktemp("clients")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEIZHI_")},
        "WEIZHI_DATABASE_URL": new_database("clients"),
        "WEIZHI_REDIS_URL": new_redis,
        "WEIZHI_DATA": str(folder / "data"),
        "WEIZHI_RATE_LIMITS": "off",
        "WEIZHI_OAUTH_PASSWORD_GRANT": "on",
        "PORT": str(PORT),
        "PYTHONPATH": str(ROOT),
        **({"WEIZHI_MASTODON_OPENAPI": found} if (found := os.environ.get("WEIZHI_MASTODON_OPENAPI")) else {}),
        "WEIZHI_FFMPEG": _ffmpeg(),
    }
    # One run on this machine at a time.
    with locked(f"port-{PORT}"):
        _require_free(PORT)
        started = [
            _start(["-m", "tests.clients.serve", str(folder)], environment, folder / "api.log"),
            _start(["-m", "app.cli", "worker"], environment, folder / "worker.log"),
        ]
        try:
            _wait_until_ready(started, folder)
            yield Service(f"http://localhost:{PORT}", folder)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                try:
                    process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            shutil.rmtree(folder / "data", ignore_errors=True)


def _ffmpeg() -> str:
    """A packaged ffmpeg (GPL: a program of its own): what Weizhi turns WebM into MP4 with, where there is one."""
    folder = environment("ffmpeg")
    (found,) = folder.glob("lib/python*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*")
    return str(found)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            pytest.fail(f"toot's tests want port {port}, and something else has it: stop that and try again", False)


def _start(arguments: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=file, stderr=file)


def _wait_until_ready(processes: list[subprocess.Popen[bytes]], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://localhost:{PORT}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if any(process.poll() is not None for process in processes) or time.monotonic() > deadline:
            logs = "\n".join(log.read_text(errors="replace")[-3000:] for log in sorted(folder.glob("*.log")))
            pytest.fail(f"Weizhi did not start:\n{logs}", False)
        time.sleep(0.1)
