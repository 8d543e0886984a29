"""Couriers that die: for each number read from standard input, a process is forked that takes a lane up and
delivers until that has been stopped or resumed so often, and kills itself there (SIGKILL). Says `killed`, or `done`
when it came to its end.

Forked, because a new interpreter costs a second, and there are hundreds of moments at which one can die.
"""

import asyncio
import os
import signal
import sys
import types
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar

from app.kit.addresses import parse_networks
from app.kit.db import Database
from app.kit.outward import Outward
from app.kit.site import Site
from app.webhooks.courier import Courier

T = TypeVar("T")


@types.coroutine
def stepping(work: Coroutine[Any, Any, T], pass_one: Callable[[], None]) -> Generator[Any, Any, T]:
    """Run `work`; call `pass_one` whenever it begins to wait for something, or has what it waited for."""
    value, error = None, None
    while True:
        try:
            waits_for = work.send(value) if error is None else work.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        pass_one()
        value, error = None, None
        try:
            value = yield waits_for
        except BaseException as raised:
            error = raised
        pass_one()


class Mortal(Courier):
    """Dies at the `last` moment of taking lanes up and of what is done in them."""

    last, moment = 0, 0

    def _pass_one(self) -> None:
        self.moment += 1
        if self.moment == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    async def run_until_idle(self) -> None:
        """One lane: what others left behind is not for this one."""
        if await stepping(self.take_up(), self._pass_one):
            await asyncio.wait(self._lanes.values())

    async def _lane(self, webhook_id: int) -> None:
        await stepping(super()._lane(webhook_id), self._pass_one)


async def deliver(last: int) -> None:
    db = Database(os.environ["WEIZHI_DATABASE_URL"], pool_size=2)
    await db.ping()
    outward = Outward(allow=parse_networks("127.0.0.0/8"))
    site = Site(url="http://weizhi.test", domain="weizhi.test", title="")
    courier = Mortal(db, outward, site, lease_seconds=600, most_lanes=1)
    courier.last = last
    await courier.run_until_idle()
    await db.close()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                asyncio.run(deliver(int(line)))
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said = {0: "done", signal.SIGKILL: "killed"}.get(status, f"failed {status}")
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
