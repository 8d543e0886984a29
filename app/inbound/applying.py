"""Do what a source says about its jobs: once, in order, in the name of the account that made the source."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.inbound.models import InboundSource, KnownJob
from app.inbound.rules import is_stale
from app.inbound.schemas import Defaults
from app.inbound.source import GroupRemoval, JobPush, JobRemoval, Push
from app.jobs import service as jobs
from app.jobs.facts import apply_fields, fill_requirements
from app.jobs.models import Job
from app.jobs.queries import find_external_job
from app.jobs.rules import is_valid, today
from app.jobs.schemas import JobUpdate
from app.kit.changes import of_post
from app.kit.db import touch
from app.kit.errors import Conflict, Forbidden, Invalid
from app.kit.site import Site
from app.organizations.models import Seat
from app.organizations.queries import EDITORS

MOST_OF_GROUP = 100
# A time that a source tells further ahead than this is a clock gone wrong: it must not shut out what comes later.
_AHEAD = timedelta(days=1)
_ENDS = ("closed", "filled")
# Jobs whose end was only assumed are renewed so long before it, while their source lists them.
_RENEWED_BEFORE_DAYS = 7
_MOST_RENEWED = 200


class SourceNotAuthorized(Forbidden):
    code = "source_not_authorized"
    message = "The account that made this source may no longer post jobs for the organization"


async def require_standing(session: AsyncSession, source: InboundSource) -> None:
    """The source posts in its maker's name: only as long as that account might do so itself."""
    maker = await load_profiles(session, ids=[source.account_id])
    seat = await session.get(Seat, (source.organization_id, source.account_id))
    if not maker or seat is None or seat.role not in EDITORS:
        raise SourceNotAuthorized


async def apply(
    session: AsyncSession, *, source: InboundSource, push: Push, received_at: datetime, site: Site, now: datetime
) -> tuple[str, int | None]:
    """Do what `push` says, received at `received_at`: (status of its receipt, the job it is about).

    The caller holds the source's row locked, so that its jobs change in one order. What is older than what is known of
    the job changes nothing ("stale"). Raises what publishing a job raises.
    """
    if isinstance(push, GroupRemoval):
        return await _end_group(session, source, push.group_id, received_at, site, now)
    if not isinstance(push, JobPush | JobRemoval):
        return "ignored", None
    updated_at = push.updated_at if push.updated_at and push.updated_at < received_at + _AHEAD else None
    known = await session.get(KnownJob, (source.id, push.external_id))
    if known and is_stale(
        updated_at=updated_at,
        received_at=received_at,
        known_updated_at=known.source_updated_at,
        known_received_at=known.received_at,
        removed=known.gone_at is not None and isinstance(push, JobPush),
        current=isinstance(push, JobPush) and push.current,
    ):
        return "stale", known.job_id
    if known is None:
        known = KnownJob(source_id=source.id, external_id=push.external_id)
        session.add(known)
    known.received_at = received_at
    # What tells no time is taken to be new: the time known before says nothing about it.
    known.source_updated_at = updated_at or known.source_updated_at
    if updated_at is None and isinstance(push, JobRemoval):
        known.source_updated_at = _end_of(known, received_at)
    job = await find_external_job(session, source_id=source.id, external_id=push.external_id)
    if isinstance(push, JobRemoval):
        known.gone_at = known.gone_at or now
        status, known.job_id = await take_down(session, job=job, site=site, now=now)
    else:
        if job is not None and push.live and known.gone_at is not None and job.state in _ENDS:
            # The source ended it and has it again. What is closed stays so: this is a new job, with a post of its own.
            job.external_id = None
            if job.post_id is not None:
                touch(session, of_post(job.post_id))
            await session.flush()
            job = None
        known.gone_at, known.group_id = None, push.group_id
        if job is None:
            status, known.job_id = await _create(session, source, push, site, now)
        else:
            status, known.job_id = await _update(session, source, job, push, site, now)
    await session.flush()
    return status, known.job_id


async def take_down(session: AsyncSession, *, job: Job | None, site: Site, now: datetime) -> tuple[str, int | None]:
    """Close a job (locked by the caller) that its source no longer has; what is closed already stays so."""
    if job is None:
        return "unchanged", None
    if job.state not in ("open", "paused"):
        return "unchanged", job.id
    await jobs.transition(session, job=job, verb="close", actor_id=None, site=site, now=now)
    return "closed", job.id


async def keep_valid(session: AsyncSession, *, source: InboundSource, site: Site, now: datetime) -> int:
    """Move on the assumed end of jobs that the source still lists, before it comes; how many. Source locked."""
    days = Defaults.model_validate(source.defaults).valid_days
    soon = today(now + timedelta(days=min(_RENEWED_BEFORE_DAYS, days // 2)))
    query = (
        select(Job)
        .join(KnownJob, (KnownJob.source_id == Job.source_id) & (KnownJob.external_id == Job.external_id))
        .where(
            Job.source_id == source.id,
            KnownJob.gone_at.is_(None),
            Job.state.in_(("open", "expired")),
            literal("valid_through") == any_(Job.assumed),
            Job.valid_through <= soon,
        )
        .order_by(Job.id)
        .limit(_MOST_RENEWED)
        .with_for_update(of=Job)
    )
    renewed = 0
    for job in (await session.scalars(query)).all():
        before, expired = job.valid_through, job.state == "expired"
        try:
            async with session.begin_nested():
                job.valid_through = today(now + timedelta(days=days))
                if expired:
                    await jobs.transition(session, job=job, verb="renew", actor_id=None, site=site, now=now)
                else:
                    await jobs.after_change(session, job=job, site=site, now=now)
            renewed += 1
        except (Invalid, Forbidden, Conflict):
            # What it lacks is told when the source changes it; it ends as it would have.
            job.valid_through = before
    return renewed


async def _end_group(
    session: AsyncSession, source: InboundSource, group_id: str, received_at: datetime, site: Site, now: datetime
) -> tuple[str, int | None]:
    query = (
        select(KnownJob)
        .where(KnownJob.source_id == source.id, KnownJob.group_id == group_id, KnownJob.gone_at.is_(None))
        .order_by(KnownJob.external_id)
        .limit(MOST_OF_GROUP)
    )
    closed, last = False, None
    for known in (await session.scalars(query)).all():
        if known.received_at > received_at:
            continue
        job = await find_external_job(session, source_id=source.id, external_id=known.external_id)
        known.gone_at, known.received_at = now, received_at
        known.source_updated_at = _end_of(known, received_at)
        status, last = await take_down(session, job=job, site=site, now=now)
        closed = closed or status == "closed"
    await session.flush()
    return ("closed" if closed else "unchanged"), last


def _end_of(known: KnownJob, received_at: datetime) -> datetime:
    """When a job ended whose source does not say when: as we heard. A message sent before, coming late, is older."""
    return max(known.source_updated_at or received_at, received_at)


async def _create(
    session: AsyncSession, source: InboundSource, push: JobPush, site: Site, now: datetime
) -> tuple[str, int]:
    job = Job(
        organization_id=source.organization_id,
        author_id=source.account_id,
        source_id=source.id,
        external_id=push.external_id,
        state="draft",
        description_html="",
        workplace_type="on_site",
        employment_type="FULL_TIME",
        locations=[],
        skills=[],
        requirements=[],
        salary_negotiable=False,
    )
    filled, assumed = _with_defaults(push.job, Defaults.model_validate(source.defaults), now)
    apply_fields(job, filled, title=filled.title)
    job.assumed = assumed
    fill_requirements(job)
    session.add(job)
    await session.flush()
    await session.refresh(job)
    if push.live:
        await jobs.transition(session, job=job, verb="publish", actor_id=source.account_id, site=site, now=now)
    return "created", job.id


async def _update(
    session: AsyncSession, source: InboundSource, job: Job, push: JobPush, site: Site, now: datetime
) -> tuple[str, int]:
    before = _facts(job)
    if "valid_through" in job.assumed and job.valid_through and job.valid_through < today(now):
        # The source still sends it, so what we assumed of its end was wrong.
        job.valid_through = today(now + timedelta(days=Defaults.model_validate(source.defaults).valid_days))
    apply_fields(job, push.job, title=push.job.title)
    job.assumed = [name for name in job.assumed if getattr(push.job, name, None) is None]
    fill_requirements(job)
    changed = _facts(job) != before
    if changed:
        await jobs.after_change(session, job=job, site=site, now=now)
    if push.live and job.state in ("draft", "paused"):
        await jobs.transition(session, job=job, verb="publish", actor_id=None, site=site, now=now)
        return "updated", job.id
    if push.live and job.state == "expired" and is_valid(job, now=now):
        await jobs.transition(session, job=job, verb="renew", actor_id=None, site=site, now=now)
        return "updated", job.id
    if not push.live and job.state == "open":
        await jobs.transition(session, job=job, verb="pause", actor_id=None, site=site, now=now)
        return "closed", job.id
    return ("updated" if changed else "unchanged"), job.id


def _with_defaults(job: JobUpdate, defaults: Defaults, now: datetime) -> tuple[JobUpdate, list[str]]:
    """The job with the source's defaults where it says nothing, and the names of the facts so assumed."""
    facts: dict[str, Any] = {}
    if job.headcount is None:
        facts["headcount"] = defaults.headcount
    if job.salary is None and not job.salary_negotiable:
        facts["salary" if defaults.salary else "salary_negotiable"] = defaults.salary or True
    if job.valid_through is None:
        facts["valid_through"] = today(now + timedelta(days=defaults.valid_days))
    if job.workplace_type is None:
        facts["workplace_type"] = defaults.workplace_type
    if job.employment_type is None:
        facts["employment_type"] = defaults.employment_type
    if job.language is None:
        facts["language"] = _language(f"{job.title} {job.description_html}")
    assumed = ["salary" if name == "salary_negotiable" else name for name in facts if name != "language"]
    return job.model_copy(update=facts), assumed


def _language(text: str) -> str:
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def _facts(job: Job) -> dict[str, Any]:
    kept = ("id", "post_id", "state", "created_at", "updated_at", "published_at", "closed_at", "assumed")
    return {column.key: getattr(job, column.key) for column in Job.__mapper__.columns if column.key not in kept}
