"""One open connection and what waits to be sent over it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from app.oauth import scopes
from app.streaming.channels import SCOPES, Stream, StreamRefused

# What may wait for a reader. One that lets this much pile up is not reading: it is let go.
MOST_WAITING = 256
MOST_STREAMS = 64


@dataclass(frozen=True, slots=True)
class Event:
    """What a stream tells: Mastodon's name of it, and its payload, JSON or a plain word."""

    stream: Stream
    name: str
    payload: str | None


class Reader:
    """A connection's subscriptions and its bounded queue. `token` is the fingerprint it came with, if any."""

    def __init__(self, *, account_id: int | None, scopes: tuple[str, ...], token: bytes | None) -> None:
        self.account_id, self.token = account_id, token
        self.streams: set[Stream] = set()
        self._scopes = scopes
        self._waiting: asyncio.Queue[Event | None] = asyncio.Queue(MOST_WAITING + 1)
        self.closed = False

    def allows(self, scope: str | None) -> bool:
        """Whether this reader's token holds `scope` (None: what anyone may do)."""
        return scope is None or (self.account_id is not None and scopes.allows(self._scopes, scope))

    def subscribe(self, stream: Stream) -> None:
        """Listen to `stream`; raises StreamRefused without the scope, or with too many already."""
        if not self.allows(SCOPES[stream.name]) or len(self.streams) >= MOST_STREAMS:
            raise StreamRefused
        self.streams.add(stream)

    def unsubscribe(self, stream: Stream) -> None:
        """Stop listening to `stream`."""
        self.streams.discard(stream)

    def named(self, *names: str) -> list[Stream]:
        """Its subscriptions with one of these names."""
        return [stream for stream in self.streams if stream.name in names]

    def offer(self, event: Event) -> None:
        """Put `event` in the queue; a reader whose queue is full is closed instead. Never waits."""
        if self.closed:
            return
        if self._waiting.qsize() >= MOST_WAITING:
            self.close()
        else:
            self._waiting.put_nowait(event)

    def close(self) -> None:
        """End the connection, as soon as its sender comes round."""
        if not self.closed:
            self.closed = True
            if self._waiting.full():
                self._waiting.get_nowait()
            self._waiting.put_nowait(None)

    async def events(self) -> AsyncIterator[Event]:
        """What there is to send, until the reader is closed."""
        while not self.closed:
            event = await self._waiting.get()
            if event is None:
                return
            yield event
