"""Scores in Redis or Valkey: a sorted set a board, and a set of people for each thing.

A score is the logarithm (base 2) of the sum of 2^(time / half-life) over all doings: what is older weighs less
beside what is newer, without anything having to be decayed, and the numbers never overflow. All keys have one
hash tag, so that a script may touch them together on a cluster.
"""

import math
from collections.abc import Awaitable, Sequence
from typing import Any

from app.kit.errors import Unavailable
from app.kit.valkey import Script, open_valkey, run
from app.kit.valkey_wire import Argument, Refused
from app.trends.scores import HALF_LIFE_HOURS, MOST_KEPT, WINDOW_HOURS, Board, Doing, ScoresUnavailable

# KEYS: the board; ARGV: seconds of the window, entries kept, then for each doing: key of the people, thing, account,
# exponent. A person who is in the set already is not counted again.
_RECORD = Script(
    """
local window, most = tonumber(ARGV[1]), tonumber(ARGV[2])
for i = 3, #ARGV, 4 do
  local people, thing, account, exponent = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3])
  if redis.call('SADD', people, account) == 1 then
    if redis.call('SCARD', people) == 1 then redis.call('EXPIRE', people, window) end
    local score = redis.call('ZSCORE', KEYS[1], thing)
    if score then
      local high, low = math.max(score, exponent), math.min(score, exponent)
      exponent = high + math.log(1 + 2 ^ (low - high)) / math.log(2)
    end
    redis.call('ZADD', KEYS[1], string.format('%.9f', exponent), thing)
  end
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -most - 1)
"""
)
_AT_ONCE = 200


class RedisScores:
    """`Scores` on a Redis or Valkey server, or a cluster."""

    def __init__(self, url: str, *, prefix: str = "") -> None:
        """`url` as for feeds; `prefix` goes before every key."""
        self._valkey = open_valkey(url)
        self._prefix = prefix
        self._whole = f"{prefix}{{trends}}:whole"

    async def record(self, board: Board, doings: Sequence[Doing]) -> None:
        for start in range(0, len(doings), _AT_ONCE):
            arguments: list[Any] = [WINDOW_HOURS * 3600, MOST_KEPT]
            for doing in doings[start : start + _AT_ONCE]:
                hours = doing.at.timestamp() / 3600
                exponent = hours / HALF_LIFE_HOURS[board] + math.log2(doing.weight)
                arguments += [self._people(board, doing.thing), doing.thing, doing.account_id, exponent]
            await self._call(run(self._valkey, _RECORD, [self._board(board)], arguments))

    async def top(self, board: Board, *, limit: int, offset: int = 0) -> list[str]:
        things = await self._ask(self._board(board), "ZREVRANGE", offset, offset + limit - 1)
        return [thing.decode() for thing in things]

    async def forget(self, board: Board, things: Sequence[str]) -> None:
        if things:
            await self._ask(self._board(board), "ZREM", *things)

    async def is_whole(self) -> bool:
        return bool(await self._ask(self._whole, "EXISTS"))

    async def mark_whole(self) -> None:
        await self._ask(self._whole, "SET", 1)

    async def close(self) -> None:
        await self._valkey.close()

    def _board(self, board: Board) -> str:
        return f"{self._prefix}{{trends}}:{board}"

    def _people(self, board: Board, thing: str) -> str:
        return f"{self._prefix}{{trends}}:{board}:{thing}:people"

    async def _ask(self, key: str, command: str, *arguments: Argument) -> Any:
        return await self._call(self._valkey.call(key, command, key, *arguments))

    async def _call(self, asked: Awaitable[Any]) -> Any:
        try:
            return await asked
        except (Unavailable, Refused) as error:
            raise ScoresUnavailable(f"Trends are not reachable: {type(error).__name__}") from error
