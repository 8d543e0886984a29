"""One lean connection to Valkey or Redis, for what every request asks: RESP3, and pipelining by itself.

All calls of one turn of the event loop leave in one write, and answers come back in the order of the calls. That
costs about a tenth of what a general client does. What is asked rarely may use redis-py.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, cast

import hiredis

from app.kit import log
from app.kit.errors import Unavailable
from app.kit.valkey_address import Address

logger = log.logger(__name__)

Argument = str | bytes | int | float
_MORE = object()
# Its stub knows tuples of one only.
_pack: Callable[[tuple[Argument, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]
_PAUSE_SECONDS = 0.1
# While answers are remembered the server is asked for a sign of life this often, and unheard so long it is in doubt.
_BEAT_SECONDS = 1.0
_SURE_SECONDS = 2.0


class Refused(Exception):
    """The server's own words on why a command failed."""


class Watch:
    """What wants to hear of changes to the keys a link has read (client tracking)."""

    def wanted(self) -> bool:
        """Whether anything is remembered: only then is a quiet link asked whether it lives."""
        raise NotImplementedError

    def changed(self, keys: Sequence[bytes] | None) -> None:
        """Keys changed; None: any may have, or the link is in doubt. Called at once, before later answers."""
        raise NotImplementedError


class _Wire(asyncio.Protocol):
    """An open connection: what was asked, in order, and what is to be sent."""

    def __init__(self, lost: Callable[["_Wire"], None], watch: Watch | None, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(notEnoughData=_MORE)
        self._waiting: deque[tuple[asyncio.Future[Any] | None, float]] = deque()
        self._out: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._lost, self._watch, self._seconds = lost, watch, seconds
        self._transport: asyncio.Transport | None = None
        self.heard = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, reason: Exception | None) -> None:
        self._transport = None
        if self._timer:
            self._timer.cancel()
        self._lost(self)
        while self._waiting:
            future, _ = self._waiting.popleft()
            if future is not None and not future.done():
                future.set_exception(Unavailable("The connection to Valkey was lost"))

    def data_received(self, data: bytes) -> None:
        self.heard = self._loop.time()
        reader = self._reader
        try:
            reader.feed(data)
            while (answer := reader.gets()) is not _MORE:
                if isinstance(answer, hiredis.PushNotification):
                    self._pushed(answer)
                    continue
                if not self._waiting:
                    raise hiredis.ProtocolError("an answer to nothing")
                future, _ = self._waiting.popleft()
                if future is None or future.done():
                    continue
                if isinstance(answer, hiredis.ReplyError):
                    future.set_exception(Refused(str(answer)))
                else:
                    future.set_result(answer)
        except hiredis.ProtocolError:
            logger.error("Valkey's answers make no sense: connecting anew")
            self.drop()

    def send(self, args: tuple[Argument, ...], future: asyncio.Future[Any] | None) -> None:
        now = self._loop.time()
        self._waiting.append((future, now))
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._seconds, self._check)
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(_pack(args))

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def drop(self) -> None:
        """Close at once. Whoever waits is told in the next turn, a watch before anything else happens."""
        self._lost(self)
        if self._transport is not None:
            self._transport.abort()

    def _flush(self) -> None:
        if self._transport is not None:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _check(self) -> None:
        """Who has waited too long waits no longer; a server that was silent all that time is left."""
        self._timer = None
        now = self._loop.time()
        for future, since in self._waiting:
            if since + self._seconds > now:
                self._timer = self._loop.call_at(since + self._seconds, self._check)
                return
            if self.heard + self._seconds <= now:
                logger.warning("Valkey does not answer")
                self.drop()
                return
            if future is not None and not future.done():
                future.set_exception(Unavailable("Valkey did not answer in time"))
        if self._waiting:
            self._timer = self._loop.call_at(self.heard + self._seconds, self._check)

    def _pushed(self, message: Sequence[Any]) -> None:
        if self._watch is not None and message[0] == b"invalidate":
            self._watch.changed(message[1])


class Link:
    """A connection that is made when first needed, and made anew when it was lost."""

    def __init__(
        self, address: Address, *, watch: Watch | None = None, seconds: float = 2.0, most_waiting: int = 20_000
    ) -> None:
        """`watch` hears of changes to keys read here; `seconds` an answer may take; `most_waiting` at a time."""
        self._address, self._watch, self._seconds, self._most = address, watch, seconds, most_waiting
        self._wire: _Wire | None = None
        self._connecting: asyncio.Task[_Wire] | None = None
        self._away_until = 0.0
        self._beat_at, self._pinged = 0.0, False

    @property
    def sure(self) -> bool:
        """Whether changes to what was read here would have been told: false as soon as the link is in doubt."""
        wire = self._wire
        return wire is not None and asyncio.get_running_loop().time() - wire.heard < _SURE_SECONDS

    async def call(self, *args: Argument) -> Any:
        """The answer to a command; texts are bytes. Raises Unavailable, and Refused with the server's reason."""
        wire = self._wire or await self._open()
        if wire.waiting >= self._most:
            raise Unavailable("Too many are waiting for Valkey")
        future = asyncio.get_running_loop().create_future()
        wire.send(args, future)
        return await future

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

    async def _open(self) -> _Wire:
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

    async def _connect(self) -> _Wire:
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

    async def _dial(self) -> _Wire:
        loop, address = asyncio.get_running_loop(), self._address

        def wire() -> _Wire:
            return _Wire(self._forget, self._watch, self._seconds)

        if address.path:
            return (await loop.create_unix_connection(wire, address.path))[1]
        return (await loop.create_connection(wire, address.host, address.port, ssl=address.tls))[1]

    async def _greet(self, wire: _Wire) -> None:
        address = self._address
        hello: list[Argument] = ["HELLO", 3]
        if address.password is not None:
            hello += ["AUTH", address.username or "default", address.password]
        commands: list[list[Argument]] = [hello]
        if address.db:
            commands.append(["SELECT", address.db])
        if self._watch is not None:
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

    def _forget(self, wire: _Wire) -> None:
        if self._wire is wire:
            self._wire = None
            if self._watch is not None:
                self._watch.changed(None)

    def _beat(self, wire: _Wire) -> None:
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
