"""A real Valkey of our own: in one folder, on a Unix socket only, gone when we are gone."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from app.local import logs
from app.local.binaries import valkey_server
from app.local.errors import LocalError
from app.local.folder_lock import FolderLock
from app.local.processes import serving, spawn, stop, stop_orphan, wait_until
from app.local.sockets import socket_folder

_SOCKET = "valkey.sock"
_STOP = ((signal.SIGTERM, 30.0),)


class LocalValkey:
    """Valkey in `folder`: it holds what PostgreSQL can rebuild, in memory alone, and evicts nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._log = self._folder / "valkey.log"
        self._lock = FolderLock(self._folder / "valkey.lock")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout: float = 60, *, while_waiting: Callable[[], None] | None = None) -> str:
        """Start the server with what it held before, and return its URL, unix:///path/to/socket.

        `while_waiting` is called again and again and may raise to give up. Raises `LocalError` when
        another process owns the folder or the server does not become ready; then nothing is left running.
        """
        assert self.exit_code is not None, "it runs already"
        program = valkey_server()
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise LocalError(f"{self._folder} cannot be made: {error.strerror}") from error
        try:
            self._lock.acquire()
            self._sockets = socket_folder(self._folder, name=_SOCKET, account=None)
            self._stop_orphans(timeout)
            self._launch(program)
            self._wait_until_ready(timeout, while_waiting)
        except BaseException:
            self.stop()
            raise
        return f"unix://{self._sockets / _SOCKET}"

    def stop(self) -> None:
        """Stop the server, with everything written to disk, and let go of the folder."""
        if self._process is not None:
            stop(self._process, *_STOP)
            self._process = None
            if self._sockets != self._folder:
                shutil.rmtree(self._sockets, ignore_errors=True)
        self._lock.release()

    @property
    def exit_code(self) -> int | None:
        """How the server ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def _stop_orphans(self, timeout: float) -> None:
        """Whoever serves our folder has lost its owner: we hold the lock."""
        servers = {"valkey-server", "redis-server"}
        for pid in serving(self._folder, programs=servers, mark=str(self._sockets)):
            stop_orphan(pid, (signal.SIGTERM, timeout))

    def _launch(self, program: Path) -> None:
        # A socket that a killed server left behind would refuse us while the new one is still loading.
        (self._sockets / _SOCKET).unlink(missing_ok=True)
        settings = {
            "dir": str(self._folder),
            "port": "0",
            "unixsocket": str(self._sockets / _SOCKET),
            "unixsocketperm": "700",
            # Nothing outlives the server: what it holds can be rebuilt, but not what it lost of it when it fell.
            "appendonly": "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        argv: list[str | Path] = [program]
        for name, value in settings.items():
            argv += [f"--{name}", value]
        self._log_start = logs.size(self._log)
        self._process = spawn(argv, env=os.environ, dies_by=signal.SIGTERM, output=self._log, cwd="/")

    def _wait_until_ready(self, timeout: float, while_waiting: Callable[[], None] | None) -> None:
        process = self._process
        assert process is not None

        def decided() -> bool:
            if while_waiting:
                while_waiting()
            return process.poll() is not None or _answers(self._sockets / _SOCKET)

        in_time = wait_until(decided, seconds=timeout)
        if process.returncode is not None:
            reason = logs.last_lines(self._log, since=self._log_start)
            raise LocalError(f"Valkey ended with {process.returncode} ({self._log}):\n{reason}")
        if not in_time:
            raise LocalError(f"Valkey was not ready within {timeout:g} s: see {self._log}")


def _answers(path: Path) -> bool:
    """Whether the server takes commands; one still loading its data says so instead."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
