"""Uvicorn's HTTP with two short cuts. Between them they are most of what a page from memory costs beside its bytes.

An answer's head and body leave in one write: sending both costs one system call instead of two, and wakes the reader
once. And an application that has an answer at hand (`at_once`) is asked for it as soon as a request's head is read,
without a scope, a task, or ASGI's messages in between; what it has nearly at hand is waited for, in a task alone.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.kit import log

logger = log.logger(__name__)

# Of what is written bit by bit, so that a reader that does not keep up is noticed.
_MOST_HELD = 64 * 1024

# The head's lines, each with its end, and the body's pieces; None where the request is to go the usual way.
Said: TypeAlias = tuple[bytes, Sequence[bytes]] | None
# What there is to say, or what will know it in a moment.
Saying: TypeAlias = "Said | Coroutine[Any, Any, Said] | Later"
# A request's target and headers (names in lower case) in.
AtOnce: TypeAlias = Callable[[bytes, Sequence[tuple[bytes, bytes]]], Saying]


class Later:
    """What there is to say, where somebody else learns of it: they call `come`, once. Cheaper than a future."""

    __slots__ = ("_take",)

    def __init__(self) -> None:
        self._take: Callable[[Saying], None] | None = None

    def then(self, take: Callable[[Saying], None]) -> None:
        """Have `take` called with it."""
        self._take = take

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._take = None

    def come(self) -> None:
        """Say it to who waits; for nobody it is not even made."""
        take, self._take = self._take, None
        if take is None:
            return
        try:
            saying = self.say()
        except Exception:
            logger.exception("what was to be said failed")
            saying = None
        take(saying)

    def say(self) -> Saying:
        """What there is to say."""
        raise NotImplementedError


class OneWrite:
    """A transport whose writes of one turn of the event loop leave together, when it ends.

    Then all transports write one after the other: who reads them all is woken once, not for each while the next is
    made.
    """

    def __init__(self, inner: asyncio.Transport) -> None:
        self._inner = inner
        self._held: list[bytes] = []
        self._size = 0
        self._soon = asyncio.get_running_loop().call_soon
        self.get_extra_info, self.is_closing = inner.get_extra_info, inner.is_closing

    def write(self, data: bytes) -> None:
        """Send, at the latest when this turn ends."""
        if not self._held:
            self._soon(self.flush)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST_HELD:
            self.flush()

    def writelines(self, parts: Sequence[bytes]) -> None:
        """Send what makes a whole, however long, when this turn ends."""
        self.flush()
        self._held += parts
        self._soon(self.flush)

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held, self._size = self._held, [], 0
            # Who has left is told nothing any more.
            if not self._inner.is_closing():
                self._inner.writelines(held)

    def close(self) -> None:
        """Close once all is sent."""
        self.flush()
        self._inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Protocol(HttpToolsProtocol):
    """What uvicorn is to speak."""

    _at_once: AtOnce | None = None
    # Of the request that was read last: whether it is answered, what it waits for, and whether all of it is read.
    _answered = False
    _awaited: "asyncio.Task[Any] | Later | None" = None
    _whole = False
    _shared: tuple[Sequence[tuple[bytes, bytes]], bytes] = ((), b"")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        whole = OneWrite(cast(asyncio.Transport, transport))
        super().connection_made(cast(asyncio.Transport, whole))
        self._at_once = _found(self.app) if self.limit_concurrency is None else None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._awaited:
            self._awaited.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._wait_no_longer()
        super().shutdown()

    def on_message_begin(self) -> None:
        self._wait_no_longer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        saying = self._at_once(self.url, self.headers) if self._at_once and self._is_plain() else None
        self._answered = self._whole = False
        if saying is None:
            super().on_headers_complete()
        else:
            self._take(saying)

    def on_body(self, body: bytes) -> None:
        self._wait_no_longer()
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._whole = True
        if not self._answered and not self._awaited:
            super().on_message_complete()

    def _say(self, head: bytes, body: Sequence[bytes]) -> None:
        self._answered = True
        self.transport.writelines((self._first_lines(), head, b"\r\n", *body))
        self.on_response_complete()

    def _take(self, saying: Saying) -> None:
        """Say it, or wait for it."""
        if saying is None:
            self._go_the_usual_way()
        elif isinstance(saying, tuple):
            if not self.transport.is_closing():
                self._say(*saying)
        elif isinstance(saying, Later):
            self._awaited = saying
            saying.then(self._take_now)
        else:
            self._awaited = task = self.loop.create_task(saying)
            task.add_done_callback(self._made)

    def _take_now(self, saying: Saying) -> None:
        self._awaited = None
        self._take(saying)

    def _made(self, task: "asyncio.Task[Said]") -> None:
        if task.cancelled():
            return
        # Who goes the usual way is told what is wrong.
        said = None if task.exception() else task.result()
        if task is self._awaited:
            self._take_now(said)

    def _wait_no_longer(self) -> None:
        """Before anything else is read: only one request at a time waits here."""
        if self._awaited:
            self._awaited.cancel()
            self._awaited = None
            self._go_the_usual_way()

    def _go_the_usual_way(self) -> None:
        super().on_headers_complete()
        if self._whole:
            super().on_message_complete()

    def _is_plain(self) -> bool:
        """Whether a GET comes alone, on a connection that is to stay, from a reader that keeps up."""
        parser, cycle = self.parser, self.cycle
        return (
            parser.get_method() == b"GET"
            and (cycle is None or cycle.response_complete)
            and parser.get_http_version() == "1.1"
            and parser.should_keep_alive()
            and not parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
        )

    def _first_lines(self) -> bytes:
        # Uvicorn makes this list anew every second, for the date in it.
        headers = self.server_state.default_headers
        if headers is not self._shared[0]:
            lines = b"".join(b"%b: %b\r\n" % header for header in headers)
            self._shared = headers, b"HTTP/1.1 200 OK\r\n" + lines
        return self._shared[1]


def _found(app: Any) -> AtOnce | None:
    # Uvicorn's own middleware keeps what it wraps as `app`.
    while app is not None:
        if at_once := getattr(app, "at_once", None):
            return cast(AtOnce, at_once)
        app = getattr(app, "app", None)
    return None
