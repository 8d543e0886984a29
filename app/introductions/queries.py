"""Reads of introductions, among them the gate `get_introduction`, and of who may be asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.introductions.models import Introduction, IntroductionPreference, IntroductionStep
from app.introductions.rules import OPEN, Role
from app.kit.errors import NotFound
from app.kit.pagination import Page, bounded, newest_first

_YEAR = timedelta(days=365)
_MOST_COUNTED = 1000
_MOST_INTRODUCERS = 20


@dataclass(frozen=True, slots=True)
class Told:
    """An introduction with its introducers in order, and what part of it somebody plays (`place`: which introducer)."""

    row: Introduction
    steps: Sequence[IntroductionStep]
    role: Role
    place: int | None = None

    @property
    def chain(self) -> tuple[int, ...]:
        """Everyone, from who asks to whom it is for."""
        return self.row.from_id, *(step.account_id for step in self.steps), self.row.to_id

    def reads_note(self, place: int) -> bool:
        """Whether the note of the introducer at `place` is by or for who looks."""
        if self.role == "target":
            return place == len(self.steps) - 1
        return self.place is not None and place in (self.place - 1, self.place)

    @property
    def holder_id(self) -> int | None:
        """With whom it lies now."""
        return self.chain[1 + self.row.place] if self.row.state in OPEN else None


async def find_preference(session: AsyncSession, *, account_id: int) -> IntroductionPreference | None:
    """Who may ask an account, and reach it; None where it never said."""
    return await session.get(IntroductionPreference, account_id)


async def get_introduction(session: AsyncSession, *, id: int, viewer_id: int, lock: bool = False) -> Told:
    """One that the viewer asked for, was asked for or was reached by; with `lock` until the transaction ends.

    Raises NotFound for any other: of what has not come to them yet, people know nothing.
    """
    told = await find_told(session, id=id, lock=lock)
    shown = _told(told.row, told.steps, viewer_id) if told else None
    if shown is None:
        raise NotFound
    return shown


async def find_told(session: AsyncSession, *, id: int, lock: bool = False) -> Told | None:
    """One, as who asked for it has it: for code that has no viewer."""
    query = select(Introduction).where(Introduction.id == id)
    row = (await session.scalars(query.with_for_update() if lock else query)).first()
    return Told(row, (await _load_steps(session, ids=[id]))[id], "asker") if row else None


async def page_introductions(
    session: AsyncSession, *, account_id: int, role: Role, state: str | None, page: Page
) -> list[Told]:
    """Those in which the account plays a part, newest first."""
    query = select(Introduction)
    if role == "introducer":
        mine = (IntroductionStep.account_id == account_id, IntroductionStep.asked_at.is_not(None))
        query = query.join(IntroductionStep, IntroductionStep.introduction_id == Introduction.id).where(*mine)
    elif role == "asker":
        query = query.where(Introduction.from_id == account_id)
    else:
        query = query.where(Introduction.to_id == account_id, Introduction.reached_at.is_not(None))
    if state is not None:
        query = query.where(Introduction.state == state)
    rows = newest_first((await session.scalars(bounded(query, Introduction.id, page))).all(), page)
    steps = await _load_steps(session, ids=[row.id for row in rows])
    return [told for row in rows if (told := _told(row, steps[row.id], account_id))]


async def load_open(session: AsyncSession, *, of: Collection[int], limit: int) -> Sequence[Introduction]:
    """Open introductions in which all of `of` play a part or will, locked in the order of their ids."""
    query = select(Introduction).where(Introduction.state.in_(OPEN))
    for id in of:
        # Apart: of one condition with OR the planner reads everybody's.
        parts = (
            select(Introduction.id).where(Introduction.from_id == id, Introduction.state.in_(OPEN)),
            select(Introduction.id).where(Introduction.to_id == id, Introduction.state.in_(OPEN)),
            select(IntroductionStep.introduction_id).where(IntroductionStep.account_id == id),
        )
        query = query.where(Introduction.id.in_(union_all(*parts)))
    return (await session.scalars(query.order_by(Introduction.id).limit(limit).with_for_update())).all()


async def count_open(session: AsyncSession, *, asker_id: int) -> int:
    """How many of somebody's introductions are not answered."""
    query = select(func.count()).where(Introduction.from_id == asker_id, Introduction.state.in_(OPEN))
    return await session.scalar(query) or 0


async def is_declined(
    session: AsyncSession, *, asker_id: int, to_id: int, by: Collection[int], since: datetime
) -> bool:
    """Whether any of `by` declined, since then, what somebody asked to be introduced to `to_id` for."""
    query = select(Introduction.id).where(
        Introduction.from_id == asker_id,
        Introduction.to_id == to_id,
        Introduction.declined_by.in_(by),
        Introduction.ended_at > since,
    )
    return await session.scalar(query.limit(1)) is not None


async def find_nth_latest(session: AsyncSession, *, asker_id: int, n: int) -> datetime | None:
    """When somebody's n-th latest introduction was asked for; None when there are fewer."""
    query = select(Introduction.created_at).where(Introduction.from_id == asker_id).order_by(Introduction.id.desc())
    return await session.scalar(query.offset(n - 1).limit(1))


@dataclass(frozen=True, slots=True)
class Counts:
    """Of somebody's introductions, how far each came."""

    requested: int
    forwarded: int
    reached: int
    accepted: int
    declined: int
    expired: int
    withdrawn: int

    @property
    def ended(self) -> int:
        """Those that were answered, or ran out of time. What the asker took back says nothing of them."""
        return self.accepted + self.declined + self.expired


_COUNTS = text(
    """
    SELECT count(*) AS requested, count(*) FILTER (WHERE place > 0 OR reached_at IS NOT NULL) AS forwarded,
        count(reached_at) AS reached, count(*) FILTER (WHERE state = 'accepted') AS accepted,
        count(*) FILTER (WHERE state = 'declined') AS declined, count(*) FILTER (WHERE state = 'expired') AS expired,
        count(*) FILTER (WHERE state = 'withdrawn') AS withdrawn
    FROM (
        SELECT * FROM introductions WHERE from_id = :asker_id AND created_at > :since ORDER BY id DESC LIMIT :most
    ) AS mine
    """
)


async def count_asked(session: AsyncSession, *, asker_id: int, since: datetime) -> Counts:
    """How far somebody's introductions came, of the latest thousand."""
    asked = {"asker_id": asker_id, "since": since, "most": _MOST_COUNTED}
    return Counts(**(await session.execute(_COUNTS, asked)).one()._mapping)


@dataclass(frozen=True, slots=True)
class Through:
    """What became of what somebody asked one introducer for."""

    account_id: int
    requested: int
    forwarded: int
    accepted: int


_THROUGH = text(
    """
    SELECT steps.account_id, count(*) AS requested, count(steps.forwarded_at) AS forwarded,
        count(*) FILTER (WHERE mine.state = 'accepted') AS accepted
    FROM (
        SELECT id, state FROM introductions WHERE from_id = :asker_id AND created_at > :since
        ORDER BY id DESC LIMIT :most
    ) AS mine
    JOIN introduction_steps AS steps ON steps.introduction_id = mine.id AND steps.asked_at IS NOT NULL
    GROUP BY steps.account_id ORDER BY requested DESC, steps.account_id LIMIT :introducers
    """
)


async def list_through(session: AsyncSession, *, asker_id: int, since: datetime) -> list[Through]:
    """Whom somebody asked most, and what came of it."""
    asked = {"asker_id": asker_id, "since": since, "most": _MOST_COUNTED, "introducers": _MOST_INTRODUCERS}
    return [Through(**row._mapping) for row in await session.execute(_THROUGH, asked)]


@dataclass(frozen=True, slots=True)
class Record:
    """What somebody did with what they were asked for."""

    requested: int
    forwarded: int
    accepted: int
    declined: int
    median_seconds: float | None


_RECORD = text(
    """
    SELECT count(*) AS requested, count(forwarded_at) AS forwarded,
        count(*) FILTER (WHERE state = 'accepted') AS accepted,
        count(*) FILTER (WHERE declined_by = :account_id) AS declined,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM forwarded_at - asked_at))
            FILTER (WHERE forwarded_at IS NOT NULL) AS median_seconds
    FROM (
        SELECT steps.asked_at, steps.forwarded_at, introductions.state, introductions.declined_by
        FROM introduction_steps AS steps JOIN introductions ON introductions.id = steps.introduction_id
        WHERE steps.account_id = :account_id AND steps.asked_at > :since
        ORDER BY steps.introduction_id DESC LIMIT :most
    ) AS mine
    """
)


async def get_record(session: AsyncSession, *, account_id: int, since: datetime) -> Record:
    """What somebody did with the latest thousand that they were asked for."""
    asked = {"account_id": account_id, "since": since, "most": _MOST_COUNTED}
    return Record(**(await session.execute(_RECORD, asked)).one()._mapping)


def since_a_year(now: datetime) -> datetime:
    """From when on introductions are counted."""
    return now - _YEAR


async def _load_steps(session: AsyncSession, *, ids: Collection[int]) -> dict[int, list[IntroductionStep]]:
    steps: dict[int, list[IntroductionStep]] = {id: [] for id in ids}
    if ids:
        query = select(IntroductionStep).where(IntroductionStep.introduction_id.in_(ids))
        for step in await session.scalars(query.order_by(IntroductionStep.introduction_id, IntroductionStep.place)):
            steps[step.introduction_id].append(step)
    return steps


def _told(row: Introduction, steps: Sequence[IntroductionStep], viewer_id: int) -> Told | None:
    if row.from_id == viewer_id:
        return Told(row, steps, "asker")
    if row.to_id == viewer_id:
        return Told(row, steps, "target") if row.reached_at else None
    mine = next((step for step in steps if step.account_id == viewer_id and step.asked_at), None)
    return Told(row, steps, "introducer", mine.place) if mine else None
