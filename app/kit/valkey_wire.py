"""An open connection to Valkey or Redis: what was asked, in order, what is to be sent, and what the server tells."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

import hiredis

from app.kit import log
from app.kit.errors import Unavailable

logger = log.logger(__name__)

Argument = str | bytes | int | float
_MORE = object()
# Commands that leave before a turn of the event loop ends: the server answers them while more are made.
_TOGETHER = 8
# Its stub knows tuples of one only.
_pack: Callable[[tuple[Argument, ...]], bytes] = hiredis.pack_command  # type: ignore[assignment]


class Refused(Exception):
    """The server's own words on why a command failed."""


class Waiter(Protocol):
    """Who waits for an answer: a future, or who cannot wait for the turn of the event loop that one costs.

    Told once at most, and only while not `done`; what it does then must not fail.
    """

    def done(self) -> bool: ...
    def set_result(self, answer: Any, /) -> None: ...
    def set_exception(self, error: Exception, /) -> None: ...


class Watch:
    """What wants to hear of changes to the keys a link has read (client tracking), or what a channel says."""

    def wanted(self) -> bool:
        """Whether anything is remembered: only then is a quiet link asked whether it lives."""
        raise NotImplementedError

    def changed(self, keys: Sequence[bytes] | None) -> None:
        """Keys changed; None: any may have, or the link is in doubt. Called at once, before later answers."""
        raise NotImplementedError

    def listening(self) -> None:
        """From now on all that the link's channel says is heard."""

    def heard(self, message: bytes) -> None:
        """The channel says something."""


class Wire(asyncio.Protocol):
    """An open connection: what was asked, in order, and what is to be sent."""

    def __init__(self, lost: Callable[["Wire"], None], watch: Watch | None, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(notEnoughData=_MORE)
        self._waiting: deque[tuple[Waiter | None, float]] = deque()
        self._out: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._lost, self._watch, self._seconds = lost, watch, seconds
        self._transport: asyncio.Transport | None = None
        # The event loop's clock, and when the server was heard of last.
        self.now = self._loop.time
        self.heard = self.now()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, reason: Exception | None) -> None:
        self._transport = None
        if self._timer:
            self._timer.cancel()
        self._lost(self)
        while self._waiting:
            waiter, _ = self._waiting.popleft()
            if waiter is not None and not waiter.done():
                waiter.set_exception(Unavailable("The connection to Valkey was lost"))

    def data_received(self, data: bytes) -> None:
        self.heard = self.now()
        reader = self._reader
        try:
            reader.feed(data)
            while (answer := reader.gets()) is not _MORE:
                if isinstance(answer, hiredis.PushNotification):
                    self._pushed(answer)
                    continue
                if not self._waiting:
                    raise hiredis.ProtocolError("an answer to nothing")
                waiter, _ = self._waiting.popleft()
                if waiter is None or waiter.done():
                    continue
                if isinstance(answer, hiredis.ReplyError):
                    waiter.set_exception(Refused(str(answer)))
                else:
                    waiter.set_result(answer)
        except hiredis.ProtocolError:
            logger.error("Valkey's answers make no sense: connecting anew")
            self.drop()

    def send(self, args: tuple[Argument, ...], waiter: Waiter | None) -> None:
        now = self.now()
        self._waiting.append((waiter, now))
        if self._timer is None:
            self._timer = self._loop.call_at(now + self._seconds, self._check)
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(_pack(args))
        if len(self._out) == _TOGETHER:
            self._flush()

    def subscribe(self, channel: str) -> None:
        if self._transport is not None:
            self._transport.write(_pack(("SUBSCRIBE", channel)))

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
        if self._transport is not None and self._out:
            self._transport.write(b"".join(self._out))
        self._out.clear()

    def _check(self) -> None:
        """Who has waited too long waits no longer; a server that was silent all that time is left."""
        self._timer = None
        now = self.now()
        # Whoever is told may ask for more at once.
        for waiter, since in tuple(self._waiting):
            if since + self._seconds > now:
                self._timer = self._loop.call_at(since + self._seconds, self._check)
                return
            if self.heard + self._seconds <= now:
                logger.warning("Valkey does not answer")
                self.drop()
                return
            if waiter is not None and not waiter.done():
                waiter.set_exception(Unavailable("Valkey did not answer in time"))
        if self._waiting:
            self._timer = self._loop.call_at(self.heard + self._seconds, self._check)

    def _pushed(self, message: Sequence[Any]) -> None:
        if self._watch is None:
            return
        kind = message[0]
        if kind == b"message":
            self._watch.heard(message[2])
        elif kind == b"invalidate":
            self._watch.changed(message[1])
        elif kind == b"subscribe":
            self._watch.listening()
