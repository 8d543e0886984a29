"""What was written of the open jobs, kept while it is true: anyone may ask for it, again and again."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from datetime import date, datetime

from app.feeds.queries import State, get_state
from app.jobs.rules import today
from app.kit.changes import JOBS, Changes
from app.kit.db import Database
from app.kit.generations import Generations

_MOST_STATES = 10_000
_OVERHEAD = 200


class KeptFeeds:
    """Of one process: the state of the jobs until one changes or a day ends, and texts of `most_bytes` in all."""

    def __init__(self, changes: Changes, *, most_bytes: int) -> None:
        self._changes = changes
        self._most = most_bytes
        self._states: Generations[tuple[int | None, date], tuple[int, State]] = Generations(_MOST_STATES)
        self._texts: Generations[Hashable, bytes] = Generations(most_bytes)
        self._counting = asyncio.Lock()

    async def state(self, db: Database, *, now: datetime, organization_id: int | None = None) -> State:
        """As `queries.get_state`, which looks at every job: once for a state, however many ask."""
        key = (organization_id, today(now))
        if (kept := self._fresh(key)) is not None:
            return kept
        async with self._counting:
            # Whoever was before us may have found it.
            if (kept := self._fresh(key)) is not None:
                return kept
            mark = self._changes.mark()
            async with db.reading() as session:
                state = await get_state(session, now=now, organization_id=organization_id)
            self._states.put(key, (mark, state))
            return state

    def _fresh(self, key: tuple[int | None, date]) -> State | None:
        kept = self._states.get(key)
        return kept[1] if kept and self._changes.fresh(kept[0], (JOBS,)) else None

    def find(self, name: Hashable, state: State) -> bytes | None:
        """The text of this name, as it was written for this state."""
        return self._texts.get((name, state.mark))

    def keep(self, name: Hashable, state: State, text: bytes) -> bytes:
        """Keep a text that was written after the state was known; gives it back."""
        if len(text) <= self._most // 4:
            self._texts.put((name, state.mark), text, len(text) + _OVERHEAD)
        return text

    async def keeping(self, name: Hashable, state: State, parts: AsyncIterator[str]) -> AsyncIterator[bytes]:
        """The parts of a text, which is kept at its end, unless it is too long for that."""
        written: list[bytes] = []
        left = self._most // 4
        async for part in parts:
            encoded = part.encode()
            left -= len(encoded)
            if left >= 0:
                written.append(encoded)
            else:
                written.clear()
            yield encoded
        if left >= 0:
            self.keep(name, state, b"".join(written))
