"""Counting without asking each time: for what is served so fast that a round trip would cost more than the answer."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.kit import log
from app.kit.generations import Generations
from app.limits.limits import Limits, LimitsUnavailable, Rule, Standing

logger = log.logger(__name__)

_TELL_SECONDS = 0.5
# Who has used so much is told of each time, all others now and then.
_MUCH = 10
_NOW_AND_THEN = 10
_SUBJECTS_PER_CALL = 100
# Nearer to the limit each use is asked for: together, processes let pass what they count before they tell it too much.
_NEAR = 0.8
_MOST_SUBJECTS = 100_000


@dataclass(slots=True)
class _Count:
    """`used` as told and counted since: of these, `untold` are still to be told."""

    used: int
    ends: float
    untold: int = 0


class Tally:
    """One rule's uses in one process, told to `limits` soon."""

    def __init__(self, limits: Limits, rule: Rule) -> None:
        self._limits, self._rule, self._most = limits, rule, math.floor(rule.most * _NEAR)
        self._counts: Generations[str, _Count] = Generations(_MOST_SUBJECTS)
        self._untold: dict[str, _Count] = {}
        self._telling: asyncio.Task[None] | None = None
        self._rounds = 0

    def count(self, subject: str) -> Standing | None:
        """Count a use; the standing as far as it is known here. None: it must be asked for, and nothing is counted."""
        count, now = self._counts.get(subject), time.monotonic()
        if count is None or now >= count.ends or count.used >= self._most:
            return None
        count.used += 1
        if not count.untold:
            self._untold[subject] = count
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(self._tell())
        count.untold += 1
        return Standing(self._rule, count.used, count.ends - now)

    async def ask(self, subject: str) -> Standing:
        """Count a use at its source. A store that is away lets pass."""
        count = self._counts.get(subject)
        times = 1 + (count.untold if count else 0)
        if count:
            count.untold = 0
        try:
            (standing,) = await self._limits.hit([(self._rule, subject)], times=times)
        except LimitsUnavailable:
            return Standing(self._rule, used=0, resets_in=self._rule.seconds)
        self._counts.put(subject, _Count(standing.used, time.monotonic() + standing.resets_in))
        return standing

    async def close(self) -> None:
        """Tell what is not told yet."""
        if self._telling:
            self._telling.cancel()
        await self._tell_of(self._untold)

    async def _tell(self) -> None:
        while self._untold:
            await asyncio.sleep(_TELL_SECONDS)
            self._rounds += 1
            least = _MUCH if self._rounds % _NOW_AND_THEN else 1
            await self._tell_of([subject for subject, count in self._untold.items() if count.untold >= least])

    async def _tell_of(self, subjects: Iterable[str]) -> None:
        by_times = defaultdict[int, list[tuple[str, _Count]]](list)
        for subject in list(subjects):
            count = self._untold.pop(subject)
            by_times[count.untold].append((subject, count))
            count.untold = 0
        for times, counts in by_times.items():
            for start in range(0, len(counts), _SUBJECTS_PER_CALL):
                await self._tell_times(times, counts[start : start + _SUBJECTS_PER_CALL])

    async def _tell_times(self, times: int, counts: Sequence[tuple[str, _Count]]) -> None:
        if not times:
            return
        try:
            standings = await self._limits.hit([(self._rule, subject) for subject, _ in counts], times=times)
        except LimitsUnavailable:
            # Lost counts only mean a fresh start.
            return
        now = time.monotonic()
        for (_, count), standing in zip(counts, standings, strict=True):
            # What was counted while it was told is told next.
            count.used, count.ends = standing.used + count.untold, now + standing.resets_in
