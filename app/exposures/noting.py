"""What was shown, noted in the process after the answer, and written to PostgreSQL every second."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from app.exposures import writing
from app.exposures.days import day_of
from app.exposures.milestones import Milestones
from app.exposures.reach import Reach
from app.exposures.seals import Sealed, Seals
from app.exposures.surfaces import surface_of
from app.exposures.writing import LOOKED_AT, Row, Written
from app.kit import clock, log, metrics
from app.kit.db import Database
from app.kit.errors import Unavailable
from app.kit.generations import Generations
from app.kit.valkey_wire import Refused
from app.oauth.actor import find_caller

logger = log.logger(__name__)

_EVERY_SECONDS = 1.0
# Of each: what comes when there are so many already is dropped, and counted.
_MOST_NOTES = 20_000
_MOST_ROWS = 50_000
# What a process remembers to have noted today.
_MOST_KNOWN = 400_000


class Shown(NamedTuple):
    """A job that an answer shows: its own post, and the outermost post that carries it there.

    `own`: the reader wrote the latter, and so does not come to the job by it.
    """

    root_id: int
    via_id: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class _Note:
    viewer_id: int
    surface: str
    shown: Sequence[Shown]
    at: datetime


class Exposures:
    """One for each process. `note` costs an append; a task that starts with the first note writes the rest."""

    def __init__(self, db: Database, reach: Reach) -> None:
        self.seals, self.reach = Seals(), reach
        self._db, self._milestones = db, Milestones(db)
        # Jobs whose readers may not all be counted, because Valkey was away.
        self._doubtful: set[int] = set()
        self._notes: list[_Note] = []
        self._rows: dict[tuple[date, int, int | None, int, str | None], Row] = {}
        self._known: Generations[tuple[int, int, int, str], date] = Generations(_MOST_KNOWN)
        self._keeper: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    def note(self, viewer_id: int, path: str, shown: Sequence[Shown]) -> None:
        """Remember that a signed-in reader was just shown something. `shown` may still grow: it is read later."""
        self._append(_Note(viewer_id, path, shown, clock.now()))

    async def note_opened(self, request: Any, *, root_id: int, author_id: int, token: str | None) -> None:
        """A job was looked at by itself.

        With a token it was by that card: by its own reader, unless somebody else is signed in. A signed-in reader
        without one, or with one that is not ours, came by what they were shown last, if that is known. What is wrong
        with a token is told to nobody.
        """
        caller = await find_caller(request)
        if token:
            await self.seals.load(self._db)
            if sealed := self.seals.read(token, root_id=root_id, today=day_of(clock.now())):
                self._note_link(sealed, root_id, author_id, caller.account_id if caller else None)
                return
        if caller and caller.account_id != author_id and caller.log_exposures:
            self._append(_Note(caller.account_id, "job", (Shown(root_id, root_id),), clock.now()))

    async def via_of_card(self, token: str, *, root_id: int) -> int | None:
        """The post by which the reader of a job's card was shown it; None for a token that is not ours."""
        await self.seals.load(self._db)
        sealed = self.seals.read(token, root_id=root_id, today=day_of(clock.now()))
        return sealed.via_id if sealed else None

    def _note_link(self, sealed: Sealed, root_id: int, author_id: int, opener_id: int | None) -> None:
        by_other = opener_id is not None and opener_id != sealed.viewer_id
        who, known_by = (opener_id, "link") if by_other and opener_id else (sealed.viewer_id, "card")
        if who == author_id:
            return
        at = clock.now()
        sharer_id = sealed.viewer_id if by_other else None
        self._add(Row(day_of(at), root_id, sealed.via_id, who, at, known_by, at, known_by, sharer_id))
        self._start()

    async def cards_for(self, request: Any) -> "ReaderCards | None":
        """Cards for whoever makes a request; None for strangers, and who wants nothing noted."""
        caller = await find_caller(request)
        if caller is None or not caller.log_exposures:
            return None
        await self.seals.load(self._db)
        return ReaderCards(self, caller.account_id, request.scope["path"])

    async def flush(self) -> None:
        """Write all that is noted. Raises what the database raises: then it is kept for the next time."""
        async with self._writing:
            self._gather()
            rows, self._rows = self._rows, {}
            try:
                written = await writing.write(self._db, list(rows.values())) if rows else []
            except BaseException:
                for row in rows.values():
                    self._add(row)
                raise
        await self._count(written)

    async def close(self) -> None:
        """Write what is left, and stop."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        try:
            async with asyncio.timeout(5):
                await self.flush()
        except Exception:
            self._dropped(len(self._rows))
            logger.warning("could not write the last exposures", exc_info=True)

    async def _count(self, written: Sequence[Written]) -> None:
        """Count readers who are written already: should it fail, they are counted anew from what is written."""
        doubtful, self._doubtful = self._doubtful, self._doubtful | {row.root_id for row in written}
        if not self._doubtful:
            return
        try:
            for root_id in doubtful:
                await self.reach.forget(root_id)
            await self._milestones.tell(await self.reach.add(written))
        except (Unavailable, Refused):
            return
        self._doubtful.clear()

    # --- From notes to rows ----------------------------------------------------------------------

    def _append(self, note: _Note) -> None:
        if len(self._notes) >= _MOST_NOTES:
            self._dropped(1)
            return
        self._notes.append(note)
        self._start()

    def _start(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.flush()
            except Exception:
                logger.warning("could not write exposures; they are kept", exc_info=True)

    def _gather(self) -> None:
        notes, self._notes = self._notes, []
        for note in notes:
            day, surface = day_of(note.at), surface_of(note.surface)
            for shown in note.shown:
                if shown.own:
                    continue
                # Whoever looks at the job's own post by itself mostly came from what carried it.
                opened = surface in LOOKED_AT
                if not opened and not self._is_news(note.viewer_id, shown, surface, day):
                    continue
                via_id = None if opened and shown.via_id == shown.root_id else shown.via_id
                opened_at = note.at if opened else None
                self._add(Row(day, shown.root_id, via_id, note.viewer_id, note.at, surface, opened_at))

    def _is_news(self, viewer_id: int, shown: Shown, surface: str, day: date) -> bool:
        key = (viewer_id, shown.root_id, shown.via_id, surface)
        if self._known.get(key) == day:
            return False
        self._known.put(key, day)
        return True

    def _add(self, row: Row) -> None:
        key = (row.day, row.root_id, row.via_id, row.viewer_id, row.known_by)
        earlier = self._rows.get(key)
        if earlier is None and len(self._rows) >= _MOST_ROWS:
            self._dropped(1)
            return
        self._rows[key] = row if earlier is None else row.after(earlier)

    def _dropped(self, number: int) -> None:
        metrics.EXPOSURES_DROPPED.inc(number)


class ReaderCards:
    """The cards in the answer to one request; each that is made is shown."""

    def __init__(self, exposures: Exposures, viewer_id: int, path: str) -> None:
        self._exposures, self._viewer_id, self._path = exposures, viewer_id, path
        self._day = day_of(clock.now())
        self._shown: list[Shown] = []

    def token(self, *, root_id: int, via_id: int, own: bool) -> str:
        """As `Cards` says."""
        if not self._shown:
            self._exposures.note(self._viewer_id, self._path, self._shown)
        self._shown.append(Shown(root_id, via_id, own))
        return self._exposures.seals.seal(self._day, viewer_id=self._viewer_id, root_id=root_id, via_id=via_id)
