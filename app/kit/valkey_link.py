"""One lean connection to Valkey or Redis, for what every request asks: RESP3, and pipelining by itself.

Calls of one turn of the event loop leave in few writes, and answers come back in the order of the calls. That
costs about a tenth of what a general client does. What is asked rarely may use redis-py.
"""

import asyncio
from typing import Any

from app.kit import log
from app.kit.errors import Unavailable
from app.kit.valkey_address import Address
from app.kit.valkey_wire import Argument, Refused, Waiter, Watch, Wire

logger = log.logger(__name__)

_PAUSE_SECONDS = 0.1
# While answers are remembered the server is asked for a sign of life this often, and unheard so long it is in doubt.
_BEAT_SECONDS = 1.0
_SURE_SECONDS = 2.0


class Link:
    """A connection that is made when first needed, and made anew when it was lost."""

    def __init__(
        self,
        address: Address,
        *,
        watch: Watch | None = None,
        channel: str | None = None,
        seconds: float = 2.0,
        most_waiting: int = 20_000,
    ) -> None:
        """`watch` hears of changes to keys read here or, with a `channel`, what that says.

        `seconds` an answer may take; `most_waiting` at a time.
        """
        self._address, self._watch, self._seconds, self._most = address, watch, seconds, most_waiting
        self._channel = channel
        self._wire: Wire | None = None
        self._connecting: asyncio.Task[Wire] | None = None
        self._away_until = 0.0
        self._beat_at, self._pinged = 0.0, False

    @property
    def sure(self) -> bool:
        """Whether changes to what was read here would have been told: false as soon as the link is in doubt."""
        wire = self._wire
        return wire is not None and wire.now() - wire.heard < _SURE_SECONDS

    async def call(self, *args: Argument) -> Any:
        """The answer to a command; texts are bytes. Raises Unavailable, and Refused with the server's reason."""
        if self._wire is None:
            await self._open()
        future = asyncio.get_running_loop().create_future()
        if not self.begin(future, *args):
            raise Unavailable("Too many are waiting for Valkey")
        return await future

    def begin(self, waiter: Waiter, *args: Argument) -> bool:
        """Send a command whose answer `waiter` is told, as one would have it from `call`. False: not sent."""
        wire = self._wire
        if wire is None or wire.waiting >= self._most:
            return False
        wire.send(args, waiter)
        return True

    def tell(self, *args: Argument) -> bool:
        """Send a command whose answer does not matter, before the next call. False: there is no connection yet."""
        if self._wire is not None:
            self._wire.send(args, None)
        return self._wire is not None

    async def close(self) -> None:
        """Let the connection go; a later call would open another."""
        if self._connecting is not None:
            self._connecting.cancel()
        if self._wire is not None:
            self._wire.drop()

    async def ready(self) -> None:
        """Have a connection. Raises Unavailable."""
        if self._wire is None:
            await self._open()

    async def _open(self) -> Wire:
        """One attempt for all who wait for it."""
        loop = asyncio.get_running_loop()
        task = self._connecting
        if task is None:
            if loop.time() < self._away_until:
                raise Unavailable("Valkey is away")
            task = self._connecting = loop.create_task(self._connect())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise Unavailable("The connection to Valkey was closed") from None
            raise

    async def _connect(self) -> Wire:
        try:
            async with asyncio.timeout(self._seconds):
                wire = await self._dial()
                await self._greet(wire)
            if not wire.is_open:
                raise Unavailable("The connection to Valkey was lost")
        except (OSError, TimeoutError, Refused, Unavailable) as error:
            self._away_until = asyncio.get_running_loop().time() + _PAUSE_SECONDS
            raise Unavailable(f"Valkey is not reachable: {type(error).__name__}") from error
        finally:
            self._connecting = None
        self._wire = wire
        if self._watch is not None:
            self._beat_at, self._pinged = wire.heard, False
            asyncio.get_running_loop().call_later(_BEAT_SECONDS, self._beat, wire)
        return wire

    async def _dial(self) -> Wire:
        loop, address = asyncio.get_running_loop(), self._address

        def wire() -> Wire:
            return Wire(self._forget, self._watch, self._seconds)

        if address.path:
            return (await loop.create_unix_connection(wire, address.path))[1]
        return (await loop.create_connection(wire, address.host, address.port, ssl=address.tls))[1]

    async def _greet(self, wire: Wire) -> None:
        address = self._address
        hello: list[Argument] = ["HELLO", 3]
        if address.password is not None:
            hello += ["AUTH", address.username or "default", address.password]
        commands: list[list[Argument]] = [hello]
        if address.db:
            commands.append(["SELECT", address.db])
        if self._watch is not None and self._channel is None:
            commands.append(["CLIENT", "TRACKING", "ON"])
        answers = []
        for command in commands:
            answers.append(asyncio.get_running_loop().create_future())
            wire.send(tuple(command), answers[-1])
        try:
            await asyncio.gather(*answers)
        except BaseException:
            wire.drop()
            raise
        if self._channel is not None:
            # Answered by a push: `Watch.listening`.
            wire.subscribe(self._channel)

    def _forget(self, wire: Wire) -> None:
        if self._wire is wire:
            self._wire = None
            if self._watch is not None:
                self._watch.changed(None)

    def _beat(self, wire: Wire) -> None:
        """A quiet link is asked for a sign of life while anything is remembered that it vouches for."""
        if self._wire is not wire or self._watch is None:
            return
        loop = asyncio.get_running_loop()
        now, late = loop.time(), loop.time() - self._beat_at > 1.5 * _BEAT_SECONDS
        unheard, self._beat_at = self._pinged and wire.heard < self._beat_at, now
        if unheard and not late:  # late: it was us who did not listen
            logger.warning("Valkey gives no sign of life")
            wire.drop()
            return
        self._pinged = now - wire.heard > _BEAT_SECONDS / 2 and self._watch.wanted()
        if self._pinged:
            wire.send(("PING",), None)
        loop.call_later(_BEAT_SECONDS, self._beat, wire)
