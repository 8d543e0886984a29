"""What `weizhi run` does: servers, then preparation, then API and worker, until it is asked to stop."""

import errno
import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from rich.console import Console
from rich.text import Text

from app.local import banner, logs
from app.local.children import Child, stop_together
from app.local.errors import LocalError
from app.local.folder_lock import FolderLock
from app.local.kept import Kept
from app.local.leftovers import Leftovers
from app.local.meilisearch import LocalMeilisearch, meilisearch_program
from app.local.postgres import LocalPostgres
from app.local.stop_request import Stopped, StopRequest
from app.local.valkey import LocalValkey

_COMMAND = (sys.executable, "-m", "app.cli")
_HOPELESS = 5  # deaths of an API that never was ready

# Where the addresses of the running servers are told, below the data folder.
URLS = "urls.env"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds: to get ready, to drain when stopping, before each restart, and to live before deaths are forgotten."""

    ready: float = 60
    drain: float = 15
    pauses: tuple[float, ...] = (1, 2, 4, 8, 16, 30)
    healthy: float = 60


def run(
    *,
    data: Path,
    host: str,
    port: int,
    public_url: str,
    database_url: str | None,
    redis_url: str | None,
    meili_url: str | None,
    command: Sequence[str] = _COMMAND,
    timing: Timing | None = None,
) -> int:
    """Run all of Weizhi, kept in `data`, until a signal; return the exit code.

    A server is started for each URL that is None; Meilisearch only where it is installed. `command` is our own
    program: it is called with `prepare`, then `api` and `worker`. 0: asked to stop. 1: could not start, and why
    is printed. Else the code of a failed `prepare`. Nothing runs any more when this returns. Main thread only.
    """
    errors = Console(stderr=True)
    with StopRequest() as request:
        try:
            with ExitStack() as cleanup:
                weizhi = _Weizhi(
                    data=data.resolve(),
                    host=host,
                    port=port,
                    public_url=public_url,
                    command=command,
                    timing=timing or Timing(),
                    request=request,
                    cleanup=cleanup,
                )
                weizhi.claim()
                weizhi.start_servers(database_url, redis_url)
                if meili_url is None:
                    weizhi.start_search()
                code = weizhi.prepare()
                return code or weizhi.serve()
        except Stopped:
            return 0
        except LocalError as error:
            errors.print(Text.assemble(("weizhi: ", "bold red"), str(error)), soft_wrap=True)
            return 1


class _Weizhi:
    """One run, step by step. What each step starts is stopped by `cleanup`, in reverse order."""

    def __init__(
        self,
        *,
        data: Path,
        host: str,
        port: int,
        public_url: str,
        command: Sequence[str],
        timing: Timing,
        request: StopRequest,
        cleanup: ExitStack,
    ) -> None:
        self._data = data
        self._logs = data / "logs"
        self._host = host
        self._port = port
        self._public_url = public_url
        self._command = command
        self._timing = timing
        self._request = request
        self._cleanup = cleanup
        self._console = Console()
        self._leftovers = Leftovers(data / "run.json")
        self._kept: list[Kept] = []
        self._urls: dict[str, str] = {}
        self._env = {**os.environ, "WEIZHI_DATA": str(data), "WEIZHI_HOST": host, "PORT": str(port)}

    def claim(self) -> None:
        """Make sure that the folder and the port are ours alone."""
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LocalError(f"{self._data} cannot be used: {error.strerror}") from error
        lock = FolderLock(self._data / "run.lock")
        lock.acquire()
        self._cleanup.callback(lock.release)
        if names := self._leftovers.stop_all():
            self._say(f"stopped what an earlier run had left: {', '.join(names)}")
        self._cleanup.callback(self._leftovers.forget)
        require_free_port(self._host, self._port)

    def start_servers(self, database_url: str | None, redis_url: str | None) -> None:
        """Start the servers that nobody gave us, and tell our children where both are."""
        if database_url is None:
            database_url = self._start_server("PostgreSQL", LocalPostgres(self._data / "postgres"))
        if redis_url is None:
            redis_url = self._start_server("Valkey", LocalValkey(self._data / "valkey"))
        self._tell_urls({"WEIZHI_DATABASE_URL": database_url, "WEIZHI_REDIS_URL": redis_url})

    def start_search(self) -> None:
        """Start Meilisearch where it is installed. PostgreSQL searches without it, so that it fails is only told."""
        program = meilisearch_program()
        if program is None:
            return
        server = LocalMeilisearch(program, self._data / "meilisearch")
        try:
            url = self._start_server("Meilisearch", server)
        except LocalError as error:
            self._say(f"{error}\nPostgreSQL searches instead")
            return
        self._tell_urls({"WEIZHI_MEILI_URL": url, "WEIZHI_MEILI_KEY": server.key})

    def _tell_urls(self, urls: dict[str, str]) -> None:
        """Let our children, and other commands on this folder (`weizhi tasks`), find the servers while they run."""
        self._urls |= urls
        self._env |= urls
        file = self._data / URLS
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.writelines(f"{name}='{url}'\n" for name, url in self._urls.items())
        self._cleanup.callback(file.unlink, missing_ok=True)

    def _start_server(self, name: str, server: LocalPostgres | LocalValkey | LocalMeilisearch) -> str:
        # A server that starts anew has the same password and socket, so our children need not know.
        url = server.start(while_waiting=self._request.check)
        self._cleanup.callback(server.stop)
        self._keep(
            name,
            start=lambda: server.start(while_waiting=self._request.check),
            exit_code=lambda: server.exit_code,
        )
        self._request.check()
        return url

    def prepare(self) -> int:
        """Migrate the database, and fill a new one; return the exit code."""
        child = self._child("prepare", log=None)
        self._cleanup.callback(self._stop, [child])
        child.start()
        while (code := child.exit_code()) is None:
            self._request.check()
            time.sleep(0.02)
        return code if code >= 0 else 128 - code

    def serve(self) -> int:
        """Run API and worker until a signal; return the exit code."""
        api, worker = (self._child(name, log=self._logs / f"{name}.log") for name in ("api", "worker"))
        self._cleanup.callback(self._stop, [worker, api])
        log_start = logs.size(self._logs / "api.log")
        kept = [self._keep(child.name, start=child.start, exit_code=child.exit_code) for child in (api, worker)]
        for each in kept:
            each.start()

        deadline = time.monotonic() + self._timing.ready
        ready = False
        while not self._request.made():
            self._tend()
            if not ready and api.exit_code() is None and answers(self._host, self._port):
                ready = True
                self._welcome()
            if not ready and (kept[0].deaths >= _HOPELESS or time.monotonic() > deadline):
                raise LocalError(
                    f"the API does not come up ({self._logs / 'api.log'}):\n"
                    + logs.last_lines(self._logs / "api.log", since=log_start)
                )
            time.sleep(0.1 if ready else 0.02)
        self._say("正在停止 · Stopping …")
        return 0

    def _child(self, name: str, *, log: Path | None) -> Child:
        return Child(name, [*self._command, name], env=self._env, log=log, leftovers=self._leftovers)

    def _keep(self, name: str, *, start: Callable[[], object], exit_code: Callable[[], int | None]) -> Kept:
        kept = Kept(name, start=start, exit_code=exit_code, pauses=self._timing.pauses, healthy=self._timing.healthy)
        self._kept.append(kept)
        return kept

    def _tend(self) -> None:
        for kept in self._kept:
            if line := kept.tend():
                self._say(line)

    def _stop(self, children: Sequence[Child]) -> None:
        stop_together(children, seconds=self._timing.drain, in_a_hurry=self._request.urgent)

    def _welcome(self) -> None:
        logins = banner.read_logins(self._data / "demo-logins.json")
        banner.show(self._console, url=self._public_url, logins=logins, logs=self._logs)

    def _say(self, line: str) -> None:
        self._console.print(Text.assemble(("weizhi: ", "dim"), line), soft_wrap=True)


def require_free_port(host: str, port: int) -> None:
    """Raise `LocalError` when nobody could listen on `host` and `port` now."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: connections of a server just stopped do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            another = port % 65535 + 1
            raise LocalError(
                f"port {port} is already in use: stop what uses it, or take another: PORT={another}"
            ) from error
        raise LocalError(f"nobody can listen on {host} port {port}: {error.strerror}") from error


def answers(host: str, port: int) -> bool:
    """Whether the API on this machine says that it is ready."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)
    where = f"[{name}]" if ":" in name else name
    # A proxy from the environment is for other people's addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{where}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False
