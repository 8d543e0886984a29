"""A Meilisearch of our own, where its program is installed: in one folder, for this machine, gone when we are gone."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from app.local import logs
from app.local.errors import LocalError
from app.local.folder_lock import FolderLock
from app.local.processes import serving, spawn, stop, stop_orphan, wait_until

_PROGRAM = "meilisearch"
_STOP = ((signal.SIGTERM, 30.0),)
# Its own bounds are two thirds of the memory and half of the processors; here others live too.
_INDEXING = ("--max-indexing-memory", "2GiB", "--max-indexing-threads", "1")


def meilisearch_program() -> Path | None:
    """The `meilisearch` on the PATH, if there is one."""
    found = shutil.which(_PROGRAM)
    return Path(found).resolve() if found else None


class LocalMeilisearch:
    """Meilisearch in `folder`. What it holds is derived: data of another version is dropped, and built anew."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder.resolve()
        self._data = self._folder / "data.ms"
        self._log = self._folder / "meilisearch.log"
        self._lock = FolderLock(self._folder / "meilisearch.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.key = ""

    def start(self, timeout: float = 60, *, while_waiting: Callable[[], None] | None = None) -> str:
        """Start the server and return its URL, the same each time; `key` is its master key.

        `while_waiting` is called again and again and may raise to give up. Raises `LocalError` when another process
        owns the folder or the server does not become ready; then nothing is left running.
        """
        assert self.exit_code is not None, "it runs already"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.key = _kept_key(self._folder / "master.key")
        except OSError as error:
            raise LocalError(f"{self._folder} cannot be used: {error.strerror}") from error
        self._port = self._port or _free_port()
        try:
            self._lock.acquire()
            for pid in serving(self._folder, programs={_PROGRAM}, mark=str(self._data)):
                stop_orphan(pid, (signal.SIGTERM, timeout))
            self._launch()
            reason = self._wait_until_ready(timeout, while_waiting)
            if reason and "version" in reason and self._data.exists():
                shutil.rmtree(self._data)
                self._launch()
                reason = self._wait_until_ready(timeout, while_waiting)
            if reason:
                raise LocalError(f"Meilisearch does not start ({self._log}):\n{reason}")
        except BaseException:
            self.stop()
            raise
        return self._url

    def stop(self) -> None:
        """Stop the server and let go of the folder."""
        if self._process is not None:
            stop(self._process, *_STOP)
            self._process = None
        self._lock.release()

    @property
    def exit_code(self) -> int | None:
        """How the server ended; None while it runs."""
        return self._process.poll() if self._process else 0

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _launch(self) -> None:
        self._log_start = logs.size(self._log)
        argv: list[str | Path] = [
            self._program,
            "--db-path",
            self._data,
            "--http-addr",
            self._url.removeprefix("http://"),
        ]
        argv += ["--env", "production", "--no-analytics", "--log-level", "WARN", *_INDEXING]
        argv += ["--dump-dir", self._folder / "dumps", "--snapshot-dir", self._folder / "snapshots"]
        # Not in the command, which everybody on this machine can read.
        env = {**os.environ, "MEILI_MASTER_KEY": self.key}
        self._process = spawn(argv, env=env, dies_by=signal.SIGTERM, output=self._log, cwd=str(self._folder))

    def _wait_until_ready(self, timeout: float, while_waiting: Callable[[], None] | None) -> str | None:
        """None once it answers; else why it does not."""
        process = self._process
        assert process is not None

        def decided() -> bool:
            if while_waiting:
                while_waiting()
            return process.poll() is not None or _answers(self._url)

        in_time = wait_until(decided, seconds=timeout)
        if process.returncode is not None:
            return f"it ended with {process.returncode}\n" + logs.last_lines(self._log, since=self._log_start)
        return None if in_time else f"it was not ready within {timeout:g} s"


def _kept_key(file: Path) -> str:
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(secrets.token_urlsafe(32))
    return file.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    # A proxy from the environment is for other people's addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False
