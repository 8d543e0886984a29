"""`Broadcast` by Redis or Valkey pub/sub."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from app.kit import log
from app.kit.errors import Unavailable
from app.kit.valkey import open_valkey
from app.kit.valkey_address import parse, url_at
from app.kit.valkey_wire import Refused
from app.streaming.broadcast import BroadcastUnavailable, Message

logger = log.logger(__name__)

_AGAIN_SECONDS = 1.0
# Hearing nothing this long, the connection is asked whether it still stands.
_QUIET_SECONDS = 10.0


class RedisBroadcast:
    """One channel on a server, or on a cluster, whose nodes tell each other what is published on any of them.

    Pub/sub knows no database numbers, so the channel's name holds it.
    """

    def __init__(self, url: str, *, prefix: str = "") -> None:
        """`url` as for feeds; `prefix` goes before the channel's name."""
        self._url = url
        self._valkey = open_valkey(url)
        self._channel = f"{prefix}weizhi:{parse(url).db}:streams"

    async def publish(self, messages: Sequence[Message]) -> None:
        channel, words = self._channel, [orjson.dumps(asdict(message)) for message in messages]
        try:
            await asyncio.gather(*(self._valkey.call(channel, "PUBLISH", channel, one) for one in words))
        except (Unavailable, Refused) as error:
            raise BroadcastUnavailable(f"Open streams cannot be reached: {error}") from error

    async def listen(self) -> AsyncIterator[Message | None]:
        while True:
            try:
                async with aclosing(self._hear()) as heard:
                    async for message in heard:
                        yield message
            except (RedisError, OSError, TimeoutError, Unavailable, Refused):
                logger.warning("open streams hear nothing until the cache is back", exc_info=True)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def close(self) -> None:
        await self._valkey.close()

    async def _hear(self) -> AsyncGenerator[Message | None]:
        """Messages over one connection, until it is lost."""
        url = url_at(self._url, await self._valkey.where(self._channel))
        client: Any = redis.Redis.from_url(
            url, socket_timeout=2, socket_connect_timeout=2, health_check_interval=_QUIET_SECONDS, protocol=3
        )
        async with client, client.pubsub() as pubsub:
            await pubsub.subscribe(self._channel)
            while True:
                heard = await pubsub.get_message(timeout=_QUIET_SECONDS)
                if heard is None:
                    await pubsub.ping()
                elif heard["type"] == "subscribe":
                    yield None
                elif heard["type"] == "message":
                    yield Message(**orjson.loads(heard["data"]))
