"""Feeds in Redis or Valkey: one sorted set a reader, `feed:{account id}:home`.

Members are post ids of 19 digits, all with score 0, so that their order is that of the strings: exact for
64-bit ids, which scores (doubles) are not. Members that sort before every id say what the feed is:
`!open:<token>` (someone is building it), `!ready` (someone has) and `!whole` (nothing older exists). The
braces keep all keys of one reader in one slot of a cluster.
"""

import secrets
from collections.abc import Collection, Sequence
from typing import Any

import redis.asyncio as redis
from redis.exceptions import RedisError

from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, FeedPage, FeedsUnavailable

_LOWEST = "[0"
_FEEDS_PER_CALL = 500

# KEYS: feeds. ARGV: capacity, ids. Adds to feeds that exist, trims them, and keeps them free of gaps: an id
# older than the oldest of a feed that is not whole has others before it that the feed does not hold.
_PUSH = """
local capacity = tonumber(ARGV[1])
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    local building = redis.call('ZSCORE', key, '!ready') == false
    local whole = redis.call('ZSCORE', key, '!whole') ~= false
    local oldest = redis.call('ZRANGE', key, '[0', '+', 'BYLEX', 'LIMIT', 0, 1)[1]
    for i = 2, #ARGV do
      if building or whole or (oldest and ARGV[i] > oldest) then redis.call('ZADD', key, 0, ARGV[i]) end
    end
    local size = redis.call('ZLEXCOUNT', key, '[0', '+')
    if size > capacity then
      redis.call('ZREM', key, '!whole')
      local extra = redis.call('ZRANGE', key, '[0', '+', 'BYLEX', 'LIMIT', 0, size - capacity)
      redis.call('ZREM', key, unpack(extra))
    end
  end
end
"""

# KEYS: feed. ARGV: capacity, seconds to live, '1' if whole, the opener's member, ids. Without that member the
# feed was lost after it was opened: pushes since then found nothing, so what the opener knows may lack them.
_FILL = """
local key, capacity = KEYS[1], tonumber(ARGV[1])
if redis.call('ZREM', key, ARGV[4]) == 0 then return end
for i = 5, #ARGV, 1000 do
  local members = {}
  for j = i, math.min(i + 999, #ARGV) do members[#members + 1] = 0; members[#members + 1] = ARGV[j] end
  redis.call('ZADD', key, unpack(members))
end
redis.call('ZADD', key, 0, '!ready')
if ARGV[3] == '1' then redis.call('ZADD', key, 0, '!whole') else redis.call('ZREM', key, '!whole') end
local size = redis.call('ZLEXCOUNT', key, '[0', '+')
if size > capacity then
  redis.call('ZREM', key, '!whole')
  local extra = redis.call('ZRANGE', key, '[0', '+', 'BYLEX', 'LIMIT', 0, size - capacity)
  redis.call('ZREM', key, unpack(extra))
end
redis.call('EXPIRE', key, ARGV[2])
"""

# KEYS: feed. ARGV: limit, seconds to live, lower bound, upper bound, '1' to read upwards.
_READ = """
local key = KEYS[1]
if redis.call('ZSCORE', key, '!ready') == false then return false end
redis.call('EXPIRE', key, ARGV[2])
local ids
if ARGV[5] == '1' then
  ids = redis.call('ZRANGE', key, ARGV[3], ARGV[4], 'BYLEX', 'LIMIT', 0, ARGV[1])
else
  ids = redis.call('ZRANGE', key, ARGV[4], ARGV[3], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[1])
end
local oldest = redis.call('ZRANGE', key, '[0', '+', 'BYLEX', 'LIMIT', 0, 1)[1] or ''
local whole = redis.call('ZSCORE', key, '!whole') ~= false and '1' or '0'
if oldest == '' and whole == '0' then return false end
return {whole, oldest, ids}
"""


def feed_key(account_id: int) -> str:
    """The key of a reader's home feed: the one place that knows it."""
    return f"feed:{{{account_id}}}:home"


class RedisFeeds:
    """`Feeds` on a Redis or Valkey server."""

    def __init__(self, url: str, *, days: int, prefix: str = "", connections: int = 32) -> None:
        """`days` a feed outlives its last reading; `prefix` goes before every key."""
        pool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=connections,
            timeout=2,
            socket_timeout=2,
            socket_connect_timeout=2,
            decode_responses=True,
            protocol=3,
        )
        self._redis: Any = redis.Redis(connection_pool=pool)
        self._prefix = prefix
        self._seconds = days * 86_400
        self._push = self._redis.register_script(_PUSH)
        self._fill = self._redis.register_script(_FILL)
        self._read = self._redis.register_script(_READ)

    async def read(self, account_id: int, page: Page) -> FeedPage | None:
        lower = f"({_member(page.floor)}" if page.floor else _LOWEST
        upper = f"({_member(page.max_id)}" if page.max_id is not None else "+"
        arguments = [page.limit, self._seconds, lower, upper, "1" if page.ascending else "0"]
        found = await self._call(self._read, [self._key(account_id)], arguments)
        if not found:
            return None
        whole, oldest, members = found
        ids = [int(member) for member in members]
        reaches = whole == "1" or (bool(oldest) and int(oldest) <= page.floor)
        if page.ascending:
            # What comes just above the bound is known only if the feed reaches down to it.
            return FeedPage(ids[::-1], complete=True) if reaches else FeedPage([], complete=False)
        return FeedPage(ids, complete=reaches or len(ids) == page.limit)

    async def open(self, account_id: int) -> str:
        token = secrets.token_hex(8)

        async def open(keys: list[str], args: list[str]) -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zadd(keys[0], {args[0]: 0})
                pipe.expire(keys[0], self._seconds, nx=True)
                await pipe.execute()

        await self._call(open, [self._key(account_id)], [_opened_by(token)])
        return token

    async def fill(self, account_id: int, token: str, post_ids: Collection[int], *, whole: bool) -> None:
        arguments = [CAPACITY, self._seconds, "1" if whole else "0", _opened_by(token), *map(_member, post_ids)]
        await self._call(self._fill, [self._key(account_id)], arguments)

    async def push(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        members = [_member(post_id) for post_id in post_ids]
        for keys in self._chunks(account_ids):
            await self._call(self._push, keys, [CAPACITY, *members])

    async def remove(self, account_ids: Sequence[int], post_ids: Collection[int]) -> None:
        members = [_member(post_id) for post_id in post_ids]
        if not members:
            return

        async def remove(keys: list[str], args: list[str]) -> None:
            async with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.zrem(key, *args)
                await pipe.execute()

        for keys in self._chunks(account_ids):
            await self._call(remove, keys, members)

    async def ping(self) -> None:
        await self._call(lambda keys, args: self._redis.ping(), [], [])

    async def close(self) -> None:
        await self._redis.aclose(close_connection_pool=True)

    def _key(self, account_id: int) -> str:
        return self._prefix + feed_key(account_id)

    def _chunks(self, account_ids: Sequence[int]) -> list[list[str]]:
        keys = [self._key(account_id) for account_id in account_ids]
        return [keys[i : i + _FEEDS_PER_CALL] for i in range(0, len(keys), _FEEDS_PER_CALL)]

    async def _call(self, call: Any, keys: list[str], args: list[Any]) -> Any:
        try:
            return await call(keys, args)
        except (RedisError, OSError, TimeoutError) as error:
            raise FeedsUnavailable(f"Home feeds are not reachable: {type(error).__name__}") from error


def _opened_by(token: str) -> str:
    return f"!open:{token}"


def _member(id: int) -> str:
    return f"{id:019d}"
