"""Writes of introductions: asking for one, what each party does with it, and its end."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.counters import lock
from app.introductions import queries, rules
from app.introductions.edges import load_people, load_standing
from app.introductions.events import (
    IntroductionAccepted,
    IntroductionDeclined,
    IntroductionExpired,
    IntroductionForwarded,
    IntroductionRequested,
    IntroductionWithdrawn,
)
from app.introductions.models import Introduction, IntroductionPreference, IntroductionStep
from app.introductions.paths import get_target, list_targets
from app.introductions.queries import Told
from app.introductions.schemas import IntroductionCreate, PreferencesUpdate
from app.jobs.queries import JobClosed, get_visible_job
from app.jobs.rules import takes_applications
from app.jobs.service import InvalidTransition
from app.kit.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, field_error
from app.outbox.publish import Event, publish, publish_all

_AT_ONCE = 1000
_DAY = timedelta(days=1)


class NoSuchPath(Invalid):
    code = "no_such_path"
    message = "These people cannot introduce you, or no more"


class IntroductionOpen(Conflict):
    code = "introduction_open"
    message = "You asked to be introduced to them already"


class DeclinedLately(Conflict):
    code = "declined_lately"
    message = "They declined that lately: ask others, or later"


class TooManyOpenIntroductions(Invalid):
    code = "too_many_open_introductions"
    message = "As many of your introductions as can be wait for an answer"


class TooManyIntroductions(RateLimited):
    code = "too_many_introductions"
    message = "You asked for as many introductions as you can in a day"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many introductions somebody may wait for at a time, and ask for in a day."""

    open: int
    per_day: int


async def request(
    session: AsyncSession, *, asker_id: int, request: IntroductionCreate, limits: Limits, now: datetime
) -> int:
    """Ask to be introduced; the introduction's id. Everyone named is locked, so that no block comes in between.

    Raises NotFound and Invalid for whom it is for, JobClosed, NoSuchPath, IntroductionOpen, DeclinedLately and,
    for one who asks too much, TooManyOpenIntroductions and TooManyIntroductions.
    """
    targets = await _targets(session, asker_id, request, now)
    await lock(session, asker_id, *request.via_account_ids, *targets)
    await _require_measure(session, asker_id, limits, now)
    try:
        to_id = await get_target(session, asker_id=asker_id, introducer_ids=request.via_account_ids, target_ids=targets)
    except NotFound:
        raise NoSuchPath from None
    asked = (*request.via_account_ids, to_id)
    if await queries.is_declined(session, asker_id=asker_id, to_id=to_id, by=asked, since=now - rules.REST):
        raise DeclinedLately
    made = Introduction(
        from_id=asker_id,
        to_id=to_id,
        organization_id=request.organization_id,
        job_id=request.job_id,
        purpose=request.purpose,
        **dict.fromkeys(("created_at", "updated_at"), now),
        expires_at=now + rules.PATIENCE,
    )
    try:
        async with session.begin_nested():
            session.add(made)
    except IntegrityError:
        raise IntroductionOpen from None
    for place, account_id in enumerate(request.via_account_ids):
        asked_at = None if place else now
        session.add(IntroductionStep(introduction_id=made.id, place=place, account_id=account_id, asked_at=asked_at))
    await session.flush()
    await publish(session, IntroductionRequested(made.id), actor_id=asker_id)
    return made.id


async def forward(session: AsyncSession, *, id: int, actor_id: int, note: str, now: datetime) -> None:
    """Pass an introduction on, by the introducer it lies with, to the next or to whom it is for.

    Raises NotFound, Forbidden, InvalidTransition, and NoSuchPath when the next does not listen any more.
    """
    told = await _take(session, id=id, actor_id=actor_id, verb="forward", now=now)
    row, step = told.row, told.steps[told.row.place]
    step.note, step.forwarded_at = note.strip(), now
    row.place, row.updated_at, row.expires_at = row.place + 1, now, now + rules.PATIENCE
    if row.place == len(told.steps):
        row.state, row.reached_at = "forwarded", now
    else:
        told.steps[row.place].asked_at = now
    await session.flush()
    await publish(session, IntroductionForwarded(id), actor_id=actor_id)


async def accept(session: AsyncSession, *, id: int, actor_id: int, now: datetime) -> None:
    """Say yes, by whom it is for. Raises NotFound, Forbidden, InvalidTransition, NoSuchPath."""
    told = await _take(session, id=id, actor_id=actor_id, verb="accept", now=now)
    await _end(session, [told.row], "accepted", IntroductionAccepted, actor_id=actor_id, now=now)


async def decline(session: AsyncSession, *, id: int, actor_id: int, reason: str, now: datetime) -> None:
    """Say no, by whom it lies with. Raises NotFound, Forbidden, InvalidTransition."""
    told = await _take(session, id=id, actor_id=actor_id, verb="decline", now=now)
    told.row.declined_by, told.row.reason = actor_id, reason.strip()
    await _end(session, [told.row], "declined", IntroductionDeclined, actor_id=actor_id, now=now)


async def withdraw(session: AsyncSession, *, id: int, actor_id: int, now: datetime) -> None:
    """Take back what one asked for. Raises NotFound, Forbidden, InvalidTransition."""
    told = await _take(session, id=id, actor_id=actor_id, verb="withdraw", now=now)
    await _end(session, [told.row], "withdrawn", IntroductionWithdrawn, actor_id=actor_id, now=now)


async def expire(session: AsyncSession, *, now: datetime) -> int:
    """End introductions that nobody answered in time; how many, a bounded number at a time."""
    late = select(Introduction).where(Introduction.state.in_(rules.OPEN), Introduction.expires_at <= now)
    late = late.order_by(Introduction.expires_at).limit(_AT_ONCE).with_for_update(skip_locked=True)
    rows = (await session.scalars(late)).all()
    await _end(session, rows, "expired", IntroductionExpired, actor_id=None, now=now)
    return len(rows)


async def end_between(session: AsyncSession, *, ids: Collection[int], by: int | None, now: datetime) -> None:
    """End open introductions in which all of `ids` play a part: withdrawn where `by` is who asked, else expired."""
    while rows := await queries.load_open(session, of=ids, limit=_AT_ONCE):
        own = [row for row in rows if row.from_id == by]
        others = [row for row in rows if row.from_id != by]
        await _end(session, own, "withdrawn", IntroductionWithdrawn, actor_id=by, now=now)
        await _end(session, others, "expired", IntroductionExpired, actor_id=None, now=now)


async def prefer(session: AsyncSession, *, account_id: int, request: PreferencesUpdate) -> None:
    """Say who may ask an account, and reach it. What is asked already stays."""
    said = request.model_dump(exclude_none=True)
    if said:
        row = insert(IntroductionPreference).values(account_id=account_id, **said)
        await session.execute(row.on_conflict_do_update(index_elements=[IntroductionPreference.account_id], set_=said))


async def _targets(session: AsyncSession, asker_id: int, request: IntroductionCreate, now: datetime) -> list[int]:
    if request.job_id is not None:
        job = await get_visible_job(session, id=request.job_id, viewer_id=asker_id)
        if not takes_applications(job, now=now):
            raise JobClosed
        if request.organization_id not in (None, job.organization_id):
            raise field_error("job_id", "ERR_INVALID", "must be a job of that organization")
    named = request.to_account_id is not None or request.organization_id is not None
    return await list_targets(
        session,
        asker_id=asker_id,
        account_id=request.to_account_id,
        organization_id=request.organization_id,
        job_id=None if named else request.job_id,
    )


async def _require_measure(session: AsyncSession, asker_id: int, limits: Limits, now: datetime) -> None:
    if await queries.count_open(session, asker_id=asker_id) >= limits.open:
        raise TooManyOpenIntroductions
    counts = await queries.count_asked(session, asker_id=asker_id, since=queries.since_a_year(now))
    low = rules.is_low(accepted=counts.accepted, ended=counts.ended)
    a_day = min(limits.per_day, rules.A_DAY_WHEN_LOW) if low else limits.per_day
    nth = await queries.find_nth_latest(session, asker_id=asker_id, n=a_day)
    if nth is not None and nth > now - _DAY:
        raise TooManyIntroductions(retry_after=int((nth + _DAY - now).total_seconds()) + 1)


async def _take(session: AsyncSession, *, id: int, actor_id: int, verb: rules.Verb, now: datetime) -> Told:
    """The introduction, locked, once it is sure that the actor may do this with it now."""
    told = await queries.get_introduction(session, id=id, viewer_id=actor_id, lock=True)
    if not rules.is_theirs(verb, told.role):
        raise Forbidden
    over = told.row.state in rules.OPEN and told.row.expires_at <= now
    holds = told.holder_id == actor_id
    if over or not rules.is_due(verb, state=told.row.state, role=told.role, holds=holds):
        state = "expired" if over else told.row.state
        raise InvalidTransition(f"Of an introduction that is {state} you cannot {verb} it")
    if verb in ("forward", "accept"):
        await lock(session, *told.chain)
        people = await load_people(session, ids=told.chain)
        follows, apart = await load_standing(session, pairs=set(combinations(told.chain, 2)))
        if not rules.goes_on(told.chain, 1 + told.row.place, people=people, follows=follows, apart=apart):
            raise NoSuchPath
    return told


async def _end(
    session: AsyncSession,
    rows: Sequence[Introduction],
    state: str,
    event: Callable[[int], Event],
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    for row in rows:
        row.state, row.updated_at, row.ended_at = state, now, now
    await session.flush()
    await publish_all(session, [event(row.id) for row in rows], actor_id=actor_id)
