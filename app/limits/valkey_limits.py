"""Limits in Redis or Valkey: a counter for each rule and subject that vanishes with its window.

Counters of one subject have its hash tag: on a cluster, a request's uses cost one call for each subject's slot.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from app.kit.errors import Unavailable
from app.kit.valkey import Script, open_valkey, run
from app.kit.valkey_wire import Refused
from app.limits.limits import LimitsUnavailable, Rule, Standing

# KEYS: counters. ARGV: how many uses, and the window of each counter in milliseconds. Gives for each: use, and the
# milliseconds left.
_HIT = Script(
    """
local found = {}
for i, key in ipairs(KEYS) do
  local used = redis.call('INCRBY', key, ARGV[1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[i + 1])
    redis.call('PEXPIRE', key, left)
  end
  found[#found + 1] = used
  found[#found + 1] = left
end
return found
"""
)
# Every request waits for the answer: a store that hangs must cost one of them a moment, not all of them.
_TIMEOUT_SECONDS = 0.5
_PAUSE_SECONDS = 1.0


def limit_key(rule: Rule, subject: str) -> str:
    """The key of a counter."""
    return f"limit:{{{subject}}}:{rule.name}"


class ValkeyLimits:
    """`Limits` on a Redis or Valkey server, or a cluster. After a failure it asks nothing for a second."""

    def __init__(self, url: str, *, prefix: str = "") -> None:
        """`prefix` goes before every key."""
        self._valkey = open_valkey(url, seconds=_TIMEOUT_SECONDS)
        self._prefix = prefix
        self._away_until = 0.0

    async def hit(self, uses: Sequence[tuple[Rule, str]], *, times: int = 1) -> list[Standing]:
        if time.monotonic() < self._away_until:
            raise LimitsUnavailable
        windows = {self._prefix + limit_key(rule, subject): rule.seconds * 1000 for rule, subject in uses}
        found = await self._count(windows, times)
        return [
            Standing(rule, used=used, resets_in=left / 1000)
            for rule, subject in uses
            for used, left in [found[self._prefix + limit_key(rule, subject)]]
        ]

    async def close(self) -> None:
        await self._valkey.close()

    async def _count(self, windows: dict[str, int], times: int) -> dict[str, tuple[int, int]]:
        groups = self._valkey.together([*windows])
        asked = [run(self._valkey, _HIT, keys, [times, *(windows[key] for key in keys)]) for keys in groups]
        try:
            answers: list[Any] = [await asked[0]] if len(asked) == 1 else await asyncio.gather(*asked)
        except (Unavailable, Refused) as error:
            self._away_until = time.monotonic() + _PAUSE_SECONDS
            raise LimitsUnavailable from error
        found: dict[str, tuple[int, int]] = {}
        for keys, answer in zip(groups, answers, strict=True):
            found |= dict(zip(keys, zip(answer[::2], answer[1::2], strict=True), strict=True))
        return found
