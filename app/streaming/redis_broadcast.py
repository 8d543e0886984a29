"""`Broadcast` by Redis or Valkey pub/sub."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import orjson
import redis.asyncio as redis
from redis.exceptions import RedisError

from app.kit import log
from app.streaming.broadcast import BroadcastUnavailable, Message

logger = log.logger(__name__)

_AGAIN_SECONDS = 1.0
# Hearing nothing this long, the connection is asked whether it still stands.
_QUIET_SECONDS = 10.0


class RedisBroadcast:
    """One channel on a Redis or Valkey server. Pub/sub knows no database numbers, so the channel's name holds it."""

    def __init__(self, url: str, *, prefix: str = "") -> None:
        """`url` as for feeds; `prefix` goes before the channel's name."""
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=4, socket_connect_timeout=4, health_check_interval=_QUIET_SECONDS, protocol=3
        )
        number = self._redis.connection_pool.connection_kwargs.get("db") or 0
        self._channel = f"{prefix}weizhi:{number}:streams"

    async def publish(self, message: Message) -> None:
        try:
            await self._redis.publish(self._channel, orjson.dumps(asdict(message)))
        except (RedisError, OSError, TimeoutError) as error:
            raise BroadcastUnavailable(f"Open streams cannot be reached: {type(error).__name__}") from error

    async def listen(self) -> AsyncIterator[Message | None]:
        while True:
            pubsub = self._redis.pubsub()
            try:
                await pubsub.subscribe(self._channel)
                while True:
                    heard = await pubsub.get_message(timeout=_QUIET_SECONDS)
                    if heard is None:
                        await pubsub.ping()
                    elif heard["type"] == "subscribe":
                        yield None
                    elif heard["type"] == "message":
                        yield Message(**orjson.loads(heard["data"]))
            except (RedisError, OSError, TimeoutError):
                logger.warning("open streams hear nothing until the cache is back", exc_info=True)
                await asyncio.sleep(_AGAIN_SECONDS)
            finally:
                await pubsub.aclose()

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)
