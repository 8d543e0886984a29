"""A process that has something done by the service and is killed (-9) the N-th time that anything in it waits.

`python -m tests.dying` reads one JSON object a line: {"at": N, "request": {...}} or {"at": N, "work": true}. For each
it forks, so that nothing is imported twice; the fork dies at its N-th wait, or ends when all is done. The answer tells
whether it was killed, how often it waited, and the status that it had acknowledged by then.

Every suspension of every task is counted, whoever awaits what. With asyncio's own loop, what a task waits for has left
the process by then: a COMMIT may be done, and nobody alive who knows.
"""

import asyncio
import json
import os
import signal
import sys
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from sqlalchemy import text

from app.bootstrap import open_resources
from app.kit import log
from app.kit.db import touch
from app.settings import Settings
from app.worker import make_relay
from tests.service import service


class Waits:
    """Counts waits, once told to, and ends the process at one of them."""

    def __init__(self, at: int) -> None:
        self._at = at
        self.count = 0
        self.counting = False

    def tick(self) -> None:
        """Something is about to wait."""
        if self.counting:
            self.count += 1
            if self.count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


@types.coroutine
def _stepwise(work: Coroutine[Any, Any, Any], tick: Callable[[], None]) -> Generator[Any, Any, Any]:
    """Run `work` as it would run, and call `tick` before each wait."""
    value, error = None, None
    while True:
        try:
            waited_for = work.send(value) if error is None else work.throw(error)
        except StopIteration as done:
            return done.value
        tick()
        try:
            value, error = (yield waited_for), None
        except BaseException as thrown:
            value, error = None, thrown


async def _whole(work: Coroutine[Any, Any, Any], tick: Callable[[], None]) -> Any:
    return await _stepwise(work, tick)


async def _do(order: dict[str, Any], waits: Waits, acknowledge: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, work, **options: asyncio.Task(_whole(work, waits.tick), loop=loop, **options))
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    async with open_resources(settings) as resources:
        # Connections are open already, as in a process that serves.
        async with resources.db.transaction() as session:
            touch(session, "warm")
            await session.execute(text("SELECT 1"))
        if "request" in order:
            task = asyncio.create_task(_ask(service(resources), order["request"], acknowledge))
        else:
            task = asyncio.create_task(make_relay(resources).run_until_idle())
        waits.counting = True
        await task
        waits.counting = False


async def _ask(app: Any, request: dict[str, Any], acknowledge: Callable[[int], None]) -> None:
    body = request["body"].encode()
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            acknowledge(message["status"])
        await asyncio.sleep(0)

    headers = [(name.lower().encode(), value.encode()) for name, value in request["headers"].items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": request["path"],
        "raw_path": request["path"].encode(),
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("weizhi.test", 80),
        "state": {},
    }
    await app(scope, receive, send)


def _fork(order: dict[str, Any]) -> dict[str, Any]:
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reads)
        waits = Waits(order["at"])
        asyncio.run(_do(order, waits, lambda status: void(os.write(writes, f"{status} ".encode()))))
        os.write(writes, f"waits {waits.count}".encode())
        os._exit(0)
    os.close(writes)
    told = b""
    while chunk := os.read(reads, 4096):
        told += chunk
    os.close(reads)
    _, ended = os.waitpid(child, 0)
    words = told.decode().split()
    acknowledged = int(words[0]) if words and words[0].isdigit() else None
    killed = os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL
    assert killed or ended == 0, f"the process ended by itself: {ended}"
    return {"killed": killed, "acknowledged": acknowledged, "waits": int(words[-1]) if not killed else None}


def void(_: object) -> None:
    """Nothing."""


def main() -> None:
    """Do what is ordered, until there are no more orders."""
    log.configure("ERROR")
    for line in sys.stdin:
        print(json.dumps(_fork(json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
