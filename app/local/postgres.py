"""A real PostgreSQL of our own: in one folder, on a Unix socket only, gone when we are gone."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from app.local import logs
from app.local.binaries import postgres_programs
from app.local.errors import LocalError
from app.local.folder_lock import FolderLock
from app.local.processes import Account, run, serving, spawn, stop, stop_orphan, wait_until
from app.local.sockets import socket_folder
from app.local.unprivileged import ELSEWHERE, reachable_folder, runnable_programs, server_account

_PORT = 5432  # only a part of the socket's name
_SOCKET = f".s.PGSQL.{_PORT}"
_USER = "weizhi"
_OPTIONS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
}
# Fast shutdown: no waiting for clients, nothing to repair. Then immediate: repaired at the next start.
_STOP = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 5.0))
_READY_LINE = 7  # of postmaster.pid, counted from 0: the server's own word on whether it takes connections
# Since 17 PostgreSQL knows Unicode by itself and sorts alike on every host.
_BUILTIN_LOCALE = 17


class LocalPostgres:
    """PostgreSQL in `folder`; `options` are server settings that go before our own.

    Works for root too: the server then runs as an account without rights, and its files are
    kept in a public folder (linked from `folder/elsewhere`) if that account cannot reach `folder`.
    """

    def __init__(self, folder: Path, *, options: Mapping[str, str] | None = None) -> None:
        self._home = folder.resolve()
        self._log = self._home / "postgres.log"
        self._options = {**_OPTIONS, **(options or {})}
        self._lock: FolderLock | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        self._env |= {"LC_ALL": "C", "TZ": "UTC"}

    def start(self, timeout: float = 120, *, while_waiting: Callable[[], None] | None = None) -> str:
        """Start the server, in a new database cluster if there is none; return its URL for SQLAlchemy and asyncpg.

        `while_waiting` is called again and again and may raise to give up. Raises `LocalError` when
        another process owns the folder or the server does not become ready; then nothing is left running.
        """
        assert self.exit_code is not None, "it runs already"
        try:
            self._prepare()
            self._stop_orphans(timeout)
            if not self._data.exists():
                self._create()
            self._remove_stale_locks()
            self._launch()
            self._wait_until_ready(timeout, while_waiting)
        except BaseException:
            self.stop()
            raise
        password = self._password_file.read_text()
        return f"postgresql+asyncpg://{_USER}:{password}@/postgres?host={self._sockets}&port={_PORT}"

    def stop(self) -> None:
        """Stop the server in good order, open connections or not, and let go of the folder."""
        if self._process is not None:
            stop(self._process, *_STOP)
            self._process = None
            if self._sockets != self._data:
                shutil.rmtree(self._sockets, ignore_errors=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def remove(self) -> None:
        """Stop the server and delete everything it kept, wherever that is: for tests, and for nothing else."""
        self.stop()
        shutil.rmtree((self._home / ELSEWHERE).resolve(), ignore_errors=True)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def exit_code(self) -> int | None:
        """How the server ended; None while it runs."""
        return self._process.poll() if self._process else 0

    def _prepare(self) -> None:
        try:
            self._home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"{self._home} cannot be made: {error.strerror}") from error
        self._programs = postgres_programs()
        base, account = self._home, server_account(self._home)
        if account:
            base = reachable_folder(self._home, account)
            self._programs = runnable_programs(self._programs, account)
        self._account: Account | None = account
        self._data = base / "data"
        self._password_file = base / "password"
        if self._lock is None:
            lock = FolderLock(base / "postgres.lock")
            lock.acquire()
            self._lock = lock
        # The data folder is closed to all but the server's account, and so is a socket in it.
        self._sockets = socket_folder(self._data, name=_SOCKET, account=account)

    def _stop_orphans(self, timeout: float) -> None:
        """Whoever serves our data has lost its owner: we hold the lock. Two servers would destroy the data."""
        postmaster = _first_line(self._data / "postmaster.pid")
        for pid in sorted(self._servers(), key=lambda pid: pid != postmaster):
            stop_orphan(pid, (signal.SIGINT, timeout), (signal.SIGQUIT, 5.0))
        if not wait_until(lambda: not self._servers(), seconds=10):
            raise LocalError(f"process {self._servers()[0]} of an earlier run still serves {self._data}: stop it first")

    def _servers(self) -> list[int]:
        return serving(self._data, programs={"postgres"}, mark=f"-D {self._data} -k")

    def _create(self) -> None:
        # Made beside its place and renamed, so that a half-made cluster is never taken for a whole one.
        new = self._data.with_name("data.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        if self._account:
            os.chown(new, self._account.uid, self._account.gid)
        password = secrets.token_hex(24)
        self._password_file.unlink(missing_ok=True)
        file = os.open(self._password_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(file, "w") as writer:
            writer.write(password)
            writer.flush()
            os.fsync(writer.fileno())
        done = self._initdb(new, password)
        if done.returncode != 0:
            raise LocalError(f"PostgreSQL could not make its database cluster in {new}:\n{done.stdout.strip()}")
        new.rename(self._data)

    def _initdb(self, folder: Path, password: str) -> subprocess.CompletedProcess[str]:
        # Through a pipe, for everyone sees arguments, and a file would have to belong to the other account.
        read, write = os.pipe()
        try:
            os.write(write, f"{password}\n".encode())
            os.close(write)
            if self._account:
                os.fchown(read, self._account.uid, self._account.gid)
            argv: list[str | Path] = [self._programs / "initdb", "-D", folder, "-U", _USER, "-E", "UTF8"]
            argv += ["--auth=scram-sha-256", f"--pwfile=/dev/fd/{read}", "--no-instructions", *self._locale()]
            if self._options.get("fsync") == "off":
                argv.append("--no-sync")
            return run(argv, env=self._env, account=self._account, pass_fds=[read])
        finally:
            os.close(read)

    def _locale(self) -> list[str]:
        # Under LC_CTYPE=C pg_trgm drops every Chinese character, and full text takes a sentence for a word.
        locale = "--locale=C.UTF-8" if sys.platform == "linux" else "--locale=en_US.UTF-8"
        version = run([self._programs / "postgres", "--version"], env=self._env, account=self._account).stdout
        major = re.search(r"\d+", version)
        if major and int(major[0]) >= _BUILTIN_LOCALE:
            return [locale, "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return [locale]

    def _remove_stale_locks(self) -> None:
        """Remove lock files whose process number is now a stranger's or a zombie's; PostgreSQL would believe them.

        Nobody serves the data (`_stop_orphans`), and nobody of ours will: we hold the folder's lock.
        """
        for file in (self._data / "postmaster.pid", self._sockets / f"{_SOCKET}.lock"):
            if _names_a_process(file):
                file.unlink(missing_ok=True)

    def _launch(self) -> None:
        argv: list[str | Path] = [self._programs / "postgres", "-D", self._data, "-k", self._sockets, "-p", str(_PORT)]
        for name, value in {**self._options, "listen_addresses": ""}.items():
            argv += ["-c", f"{name}={value}"]
        self._log_start = logs.size(self._log)
        self._process = spawn(
            argv, env=self._env, dies_by=signal.SIGINT, output=self._log, account=self._account, cwd="/"
        )

    def _wait_until_ready(self, timeout: float, while_waiting: Callable[[], None] | None) -> None:
        process = self._process
        assert process is not None

        def decided() -> bool:
            if while_waiting:
                while_waiting()
            return process.poll() is not None or self._is_ready(process.pid)

        in_time = wait_until(decided, seconds=timeout)
        if process.returncode is not None:
            reason = logs.last_lines(self._log, since=self._log_start)
            raise LocalError(f"PostgreSQL ended with {process.returncode} ({self._log}):\n{reason}")
        if not in_time:
            raise LocalError(f"PostgreSQL was not ready within {timeout:g} s: see {self._log}")

    def _is_ready(self, pid: int) -> bool:
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > _READY_LINE and lines[0] == str(pid) and lines[_READY_LINE].strip() == "ready"


def _first_line(file: Path) -> int | None:
    try:
        return int(file.read_text().splitlines()[0])
    except (OSError, IndexError, ValueError):
        return None


def _names_a_process(file: Path) -> bool:
    pid = _first_line(file)
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
