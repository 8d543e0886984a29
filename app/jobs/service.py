"""Writes of jobs: create, change, delete, and move along the lifecycle."""

from datetime import date, datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import events, rendering
from app.jobs.facts import apply_fields
from app.jobs.models import Job
from app.jobs.room import require_room
from app.jobs.rules import (
    MOST_DAYS_AHEAD,
    RENEWED_DAYS,
    TRANSITIONS,
    end_of,
    missing_for_publishing,
    today,
)
from app.jobs.schemas import JobCreate, JobUpdate
from app.jobs.text import plain_text
from app.kit.changes import JOBS, of_post
from app.kit.db import touch
from app.kit.errors import Conflict, field_error, fields_error
from app.kit.refusals import never
from app.kit.site import Site
from app.kit.work import work_of
from app.organizations.fairness import problems_in
from app.organizations.models import Organization
from app.organizations.queries import get_organization, require_seat
from app.organizations.rules import label
from app.outbox.publish import Event, enqueue
from app.outbox.publish import publish as publish_event
from app.posts import editing
from app.posts import service as posts
from app.posts.cascade import InvalidVia
from app.posts.models import Post
from app.posts.quoting import CannotQuote
from app.posts.schemas import PostCreate

LONGEST_POST = 10_000
Verb = Literal["publish", "pause", "close", "fill", "renew", "expire"]
EXPIRE = "jobs.expire"


class InvalidTransition(Conflict):
    code = "invalid_transition"
    message = "A job in this state cannot do that"


async def create(session: AsyncSession, *, actor_id: int, request: JobCreate) -> Job:
    """Create a draft. Raises NotFound, NotSeatMember, Invalid."""
    await require_seat(session, organization_id=request.organization_id, account_id=actor_id)
    job = Job(organization_id=request.organization_id, author_id=actor_id)
    apply_fields(job, request, title=request.title)
    session.add(job)
    await session.flush()
    await session.refresh(job)
    await publish_event(session, events.JobCreated(job.id), actor_id=actor_id)
    return job


async def update(session: AsyncSession, *, job: Job, request: JobUpdate, site: Site, now: datetime) -> None:
    """Change a job, and the post that carries it. A published job must stay publishable: raises Invalid."""
    apply_fields(job, request, title=request.title)
    job.assumed = [name for name in job.assumed if getattr(request, name, None) is None]
    await after_change(session, job=job, site=site, now=now)


async def after_change(session: AsyncSession, *, job: Job, site: Site, now: datetime) -> None:
    """Carry a job's changed fields into its post and tell others. Raises Invalid for an open job made incomplete, or a
    published one made unlawful.
    """
    job.updated_at = now
    organization = await get_organization(session, id=job.organization_id)
    if job.state == "open":
        _require_publishable(job, organization, now)
    elif job.post_id is not None and (problems := problems_in(_texts(job, organization))):
        # Its post is there for all to read, whatever the job does.
        raise fields_error(problems)
    await _carry_over(session, job, organization, site, now)
    await publish_event(session, events.JobUpdated(job.id), actor_id=job.author_id)


async def transition(
    session: AsyncSession, *, job: Job, verb: Verb, actor_id: int | None, site: Site, now: datetime
) -> None:
    """Move a job along its lifecycle; publishing for the first time creates its post, which then tells how it stands.

    The caller holds the job's lock. Raises InvalidTransition, and Invalid when what publishing needs is missing.
    """
    before, target = job.state, TRANSITIONS[verb].get(job.state)
    if target is None:
        raise InvalidTransition(f"A job that is {job.state} cannot {verb}")
    organization = await get_organization(session, id=job.organization_id)
    if target == "open":
        _require_publishable(job, organization, now)
        if before != "open":
            await require_room(session, organization=organization, site=site)
    job.state, job.updated_at = target, now
    job.closed_at = now if target in ("closed", "filled", "expired") else None
    if target == "open" and job.post_id is None:
        job.post_id = await _publish_post(session, job, organization, site, now)
        job.published_at = now
    await _carry_over(session, job, organization, site, now)
    await publish_event(session, _moved(job, before), actor_id=actor_id)


async def renew(
    session: AsyncSession, *, job: Job, valid_through: date | None, actor_id: int, site: Site, now: datetime
) -> None:
    """Let a job be valid for longer, by 30 days unless said; one that expired opens again.

    The caller holds the job's lock. Raises InvalidTransition, and Invalid for a day that is past, more than 180 days
    ahead or no later than before.
    """
    if job.state not in TRANSITIONS["renew"]:
        raise InvalidTransition(f"A job that is {job.state} cannot renew")
    day, latest = today(now), today(now) + timedelta(days=MOST_DAYS_AHEAD)
    earliest = max(day, job.valid_through + timedelta(days=1)) if job.valid_through else day
    wanted = valid_through or min(max(day, job.valid_through or day) + timedelta(days=RENEWED_DAYS), latest)
    if wanted > latest:
        reason = f"must not be more than {MOST_DAYS_AHEAD} days ahead"
        raise field_error("valid_through", "valid_through_too_far", reason)
    if wanted < earliest:
        reason = f"must be {earliest.isoformat()} at the earliest"
        raise field_error("valid_through", "valid_through_too_early", reason)
    job.valid_through = wanted
    job.assumed = [name for name in job.assumed if name != "valid_through"]
    await transition(session, job=job, verb="renew", actor_id=actor_id, site=site, now=now)


async def retell(session: AsyncSession, *, organization_id: int, after: int, limit: int, site: Site) -> int | None:
    """Let the posts of an organisation's jobs tell of it as it is called now, `limit` jobs at a time.

    Gives the id to go on after, None at the end.
    """
    organization = await get_organization(session, id=organization_id)
    query = (
        select(Job)
        .where(Job.organization_id == organization_id, Job.post_id.is_not(None), Job.id > after)
        .order_by(Job.id)
        .limit(limit)
        .with_for_update()
    )
    jobs = (await session.scalars(query)).all()
    for job in jobs:
        await _carry_over(session, job, organization, site, job.updated_at, quietly=True)
    return jobs[-1].id if len(jobs) == limit else None


async def delete(session: AsyncSession, *, job: Job, actor_id: int, site: Site, now: datetime) -> None:
    """Drop a draft; of a published job delete the post, and close it: the applications to it stay.

    The caller holds the job's lock. Raises NotFound for what was deleted before, InvalidTransition for a draft that a
    source keeps.
    """
    if job.post_id is not None:
        await posts.delete(session, author_id=job.author_id, post_id=job.post_id, now=now, actor_id=actor_id)
        # What is in memory of it still has its words.
        session.expire(await session.get_one(Post, job.post_id))
        if job.state in TRANSITIONS["close"]:
            await transition(session, job=job, verb="close", actor_id=actor_id, site=site, now=now)
        return
    if job.source_id is not None:
        raise InvalidTransition("An inbound source keeps this draft, and would only send it again")
    await session.delete(job)
    await session.flush()
    await publish_event(session, events.JobDeleted(job.id), actor_id=actor_id)


def _moved(job: Job, before: str) -> Event:
    if job.state == "expired":
        return events.JobExpired(job.id)
    if job.state == before:
        return events.JobUpdated(job.id)
    if job.state == "paused":
        return events.JobPaused(job.id)
    return events.JobPublished(job.id) if job.state == "open" else events.JobClosed(job.id)


async def _carry_over(
    session: AsyncSession, job: Job, organization: Organization, site: Site, now: datetime, *, quietly: bool = False
) -> None:
    """Write the job as it is into its post, and see to its end."""
    if job.post_id is not None:
        content = _post_text(job, organization, site)
        await editing.rewrite(
            session, post_id=job.post_id, content=content, now=now, domain=site.domain, quietly=quietly
        )
        touch(session, of_post(job.post_id), JOBS)
    await session.flush()
    if not quietly and job.valid_through is not None and job.state in TRANSITIONS["expire"]:
        day = job.valid_through.isoformat()
        # One task ends all jobs of a day.
        await enqueue(session, EXPIRE, [(day, {"day": day})], run_at=end_of(job.valid_through))


def _require_publishable(job: Job, organization: Organization, now: datetime) -> None:
    problems = missing_for_publishing(job, organization, today=today(now))
    for field, found in problems_in(_texts(job, organization)).items():
        problems.setdefault(field, []).extend(found)
    if problems:
        raise fields_error(problems)


def _texts(job: Job, organization: Organization) -> dict[str, str]:
    """What a job says in words, by field."""
    places = [" ".join(part for part in place.values() if part) for place in job.locations]
    return {
        "title": job.title,
        "description_html": plain_text(job.description_html),
        **{f"locations.{index}": place for index, place in enumerate(places)},
        "organization.profile": organization.profile,
        **{f"requirements.{index}": line for index, line in enumerate(job.requirements)},
        **{f"skills.{index}": skill for index, skill in enumerate(job.skills)},
    }


@never(CannotQuote, InvalidVia)
async def _publish_post(session: AsyncSession, job: Job, organization: Organization, site: Site, now: datetime) -> int:
    published = await posts.publish(
        await work_of(session),
        author_id=job.author_id,
        # A job is there to be passed on, whatever its author's own posts are like.
        request=PostCreate(
            status=_post_text(job, organization, site),
            visibility="public",
            sensitive=False,
            quote_approval_policy="public",
            language=job.language,
        ),
        now=now,
        kind="job",
        longest=LONGEST_POST,
        domain=site.domain,
    )
    return published.post.id


def _post_text(job: Job, organization: Organization, site: Site) -> str:
    return rendering.job_post_text(
        title=job.title,
        organization=organization.name,
        label=label(organization),
        place=rendering.place_line(job.locations, job.workplace_type),
        salary=salary_line(job),
        headcount=job.headcount,
        valid_through=job.valid_through,
        skills=job.skills,
        url=site.job_url(job.id),
        state=job.state,
    )


def salary_line(job: Job) -> str:
    """The job's pay as people write it."""
    return rendering.salary_line(
        currency=job.salary_currency,
        low=job.salary_min,
        high=job.salary_max,
        interval=job.salary_interval,
        months=job.salary_months,
        negotiable=job.salary_negotiable,
    )
