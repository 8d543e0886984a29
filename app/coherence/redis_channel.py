"""`Announcer` by Redis or Valkey pub/sub, and the listener that keeps this process's `Changes` (ADR 0019)."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from typing import Any

import orjson

from app.kit import log
from app.kit.changes import Changes
from app.kit.errors import Unavailable
from app.kit.valkey import open_valkey
from app.kit.valkey_address import parse, url_at
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Refused, Watch

logger = log.logger(__name__)

_BEAT_SECONDS = 1.0


class RedisChannel:
    """Speaks as soon as it is made; hears after `start`. Pub/sub knows no database numbers: the name holds it."""

    def __init__(self, url: str, changes: Changes, *, prefix: str = "") -> None:
        """`url` as for feeds; `prefix` goes before the channel's name."""
        self._url = url
        self._valkey = open_valkey(url, seconds=1.0)
        self._channel = f"{prefix}weizhi:{parse(url).db}:changes"
        self._changes = changes
        self._origin = secrets.token_hex(4)
        self._untold: dict[str, Collection[str]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def warn(self, keys: Collection[str], number: int) -> None:
        by = self._name(number)
        self._changes.warn(keys, by)
        await self._send("warn", keys, by)

    async def tell(self, keys: Collection[str], number: int) -> None:
        by = self._name(number)
        self._changes.tell(keys, by)
        if not await self._send("tell", keys, by):
            self._untold[by] = keys
            self._start(self._tell_late)

    def start(self) -> None:
        """Begin to listen, once; `Changes` are trusted while the channel is known to be heard."""
        self._start(self._listen)

    async def close(self) -> None:
        """Stop, and let connections go."""
        self._changes.doubt()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._valkey.close()

    def _start(self, work: Any) -> None:
        self._tasks = [task for task in self._tasks if not task.done()]
        if not any(task.get_name() == work.__name__ for task in self._tasks):
            self._tasks.append(asyncio.create_task(work(), name=work.__name__))

    def _name(self, number: int) -> str:
        return f"{self._origin}.{number}"

    async def _send(self, what: str, keys: Collection[str], by: str) -> bool:
        try:
            await self._valkey.call(self._channel, "PUBLISH", self._channel, orjson.dumps([by, what, list(keys)]))
        except (Unavailable, Refused):
            logger.warning("other processes' caches are not told at once", what=what, exc_info=True)
            return False
        return True

    async def _tell_late(self) -> None:
        while self._untold:
            await asyncio.sleep(_BEAT_SECONDS)
            for by, keys in list(self._untold.items()):
                if not await self._send("tell", keys, by):
                    break
                del self._untold[by]

    async def _listen(self) -> None:
        while True:
            ear = _Ear(self._changes, self._origin)
            link: Link | None = None
            try:
                address = parse(url_at(self._url, await self._valkey.where(self._channel)))
                link = Link(address, watch=ear, channel=self._channel)
                await link.ready()
                while not await ear.is_deaf_within(_BEAT_SECONDS):
                    self._changes.settle()
                logger.warning("caches are off until changes can be heard again")
            except (OSError, Unavailable, Refused):
                logger.warning("caches are off until changes can be heard again", exc_info=True)
            finally:
                self._changes.doubt()
                if link is not None:
                    await link.close()
            await asyncio.sleep(_BEAT_SECONDS)


class _Ear(Watch):
    """Notes what other processes say, for as long as one link lives."""

    def __init__(self, changes: Changes, origin: str) -> None:
        self._changes, self._origin = changes, origin
        self._deaf = asyncio.Event()

    async def is_deaf_within(self, seconds: float) -> bool:
        """Whether the link was lost; waits for that so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._deaf.wait()
        except TimeoutError:
            return False
        return True

    def wanted(self) -> bool:
        return True

    def changed(self, keys: Sequence[bytes] | None) -> None:
        if keys is None:
            self._changes.doubt()
            self._deaf.set()

    def listening(self) -> None:
        if not self._deaf.is_set():
            self._changes.trust()

    def heard(self, message: bytes) -> None:
        by, what, keys = orjson.loads(message)
        if by.startswith(self._origin):
            return
        if what == "warn":
            self._changes.warn(keys, by)
        else:
            self._changes.tell(keys, by)
