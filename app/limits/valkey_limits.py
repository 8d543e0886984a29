"""Limits in Redis or Valkey: a counter for each rule and subject that vanishes with its window."""

import time
from collections.abc import Sequence
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from app.limits.limits import LimitsUnavailable, Rule, Standing

# KEYS: counters. ARGV: the window of each in milliseconds. Gives use and milliseconds left, for each.
_HIT = """
local found = {}
for i, key in ipairs(KEYS) do
  local used = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[i])
    redis.call('PEXPIRE', key, left)
  end
  found[#found + 1] = used
  found[#found + 1] = left
end
return found
"""
# Every request waits for the answer: a store that hangs must cost one of them a moment, not all of them.
_TIMEOUT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0


class ValkeyLimits:
    """`Limits` on a Redis or Valkey server. After a failure it asks nothing for a second."""

    def __init__(self, url: str, *, prefix: str = "", connections: int = 32) -> None:
        """`prefix` goes before every key."""
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=_TIMEOUT_SECONDS,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            decode_responses=True,
            protocol=3,
            # A connection that the server closed meanwhile is worth a second try; one that hangs is not.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        )
        self._redis: Any = redis.Redis(connection_pool=pool)
        self._prefix = prefix
        self._script = self._redis.register_script(_HIT)
        self._away_until = 0.0

    async def hit(self, uses: Sequence[tuple[Rule, str]]) -> list[Standing]:
        if time.monotonic() < self._away_until:
            raise LimitsUnavailable
        keys = [f"{self._prefix}limit:{rule.name}:{subject}" for rule, subject in uses]
        found = await self._call(keys, [rule.seconds * 1000 for rule, _ in uses])
        return [
            Standing(rule, used=int(used), resets_in=int(left) / 1000)
            for (rule, _), used, left in zip(uses, found[::2], found[1::2], strict=True)
        ]

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    async def _call(self, keys: list[str], args: list[int]) -> Any:
        try:
            return await self._script(keys, args)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            raise LimitsUnavailable from error
