"""Writes of jobs: create, change, publish, pause, close, fill."""

from datetime import datetime
from typing import Any, Literal

import nh3
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import events, rendering
from app.jobs.models import Job
from app.jobs.rules import TRANSITIONS, missing_for_publishing, per_month, today
from app.jobs.schemas import JobCreate, JobFields, JobUpdate, Salary
from app.kit.changes import of_post
from app.kit.db import touch
from app.kit.errors import Conflict, Invalid, fields_error
from app.kit.site import Site
from app.kit.work import work_of
from app.organizations.models import Organization
from app.organizations.queries import get_organization, require_seat
from app.outbox.publish import publish as publish_event
from app.posts import editing
from app.posts import service as posts
from app.posts.schemas import PostCreate

LONGEST_POST = 10_000
Verb = Literal["publish", "pause", "close", "fill"]


class InvalidTransition(Conflict):
    code = "invalid_transition"
    message = "A job in this state cannot do that"


class SalaryUnclear(Invalid):
    code = "validation_failed"
    message = "Validation failed: salary must be amounts or negotiable, not both"


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
    """Carry a job's changed fields into its post and tell others. Raises Invalid for an open job made incomplete."""
    job.updated_at = now
    if job.post_id is not None:
        if job.state == "open":
            _require_complete(job, now)
        content = _post_text(job, await get_organization(session, id=job.organization_id), site)
        await editing.rewrite(session, post_id=job.post_id, content=content, now=now, domain=site.domain)
    await session.flush()
    _touch(session, job)
    await publish_event(session, events.JobUpdated(job.id), actor_id=job.author_id)


async def transition(
    session: AsyncSession, *, job: Job, verb: Verb, actor_id: int | None, site: Site, now: datetime
) -> None:
    """Move a job along its lifecycle; publishing for the first time creates its post.

    Raises InvalidTransition, and Invalid when what publishing needs is missing.
    """
    target = TRANSITIONS[verb].get(job.state)
    if target is None:
        raise InvalidTransition(f"A job that is {job.state} cannot {verb}")
    if target == "open":
        _require_complete(job, now)
        if job.post_id is None:
            job.post_id = await _publish_post(session, job, site, now)
            job.published_at = now
    job.state, job.updated_at = target, now
    job.closed_at = now if target in ("closed", "filled") else None
    await session.flush()
    _touch(session, job)
    event = events.JobPublished(job.id) if target == "open" else events.JobClosed(job.id)
    await publish_event(session, event, actor_id=actor_id)


def _touch(session: AsyncSession, job: Job) -> None:
    if job.post_id is not None:
        touch(session, of_post(job.post_id))


def apply_fields(job: Job, request: JobFields, *, title: str | None) -> None:
    """Write the given fields into `job`; what is absent stays. HTML is cleaned. Raises Invalid."""
    if title is not None:
        job.title = " ".join(title.split())
        if not job.title:
            raise fields_error({"title": [{"error": "ERR_BLANK", "description": "can't be blank"}]})
    simple = ("headcount", "workplace_type", "employment_type", "experience_min_years", "education", "language")
    given: dict[str, Any] = request.model_dump(include={*simple, "requirements", "valid_through"}, exclude_none=True)
    for name, value in given.items():
        setattr(job, name, value)
    if request.description_html is not None:
        job.description_html = nh3.clean(request.description_html).strip()
    if request.skills is not None:
        job.skills = list(dict.fromkeys(skill.strip() for skill in request.skills if skill.strip()))
    if request.locations is not None:
        job.locations = [place.model_dump() for place in request.locations]
    if request.apply_url is not None:
        job.apply_url = str(request.apply_url)
    for name in ("apply_url", "experience_min_years", "education", "language"):
        # Told to be nothing, unlike not told: these facts may be taken back.
        if name in request.model_fields_set and getattr(request, name) is None:
            setattr(job, name, None)
    if request.salary and request.salary_negotiable:
        raise SalaryUnclear
    if request.salary:
        _set_salary(job, request.salary)
    elif request.salary_negotiable:
        _set_salary(job, None)


def _set_salary(job: Job, salary: Salary | None) -> None:
    job.salary_negotiable = salary is None
    job.salary_currency = salary.currency if salary else None
    job.salary_min = salary.min if salary else None
    job.salary_max = salary.max if salary else None
    job.salary_interval = salary.interval if salary else None
    job.salary_months = salary.months if salary else None
    known = {"currency": job.salary_currency, "interval": job.salary_interval, "months": job.salary_months}
    low = job.salary_min if job.salary_min is not None else job.salary_max
    high = job.salary_max if job.salary_max is not None else job.salary_min
    job.monthly_min, job.monthly_max = per_month(low, **known), per_month(high, **known)  # type: ignore[arg-type]


def _require_complete(job: Job, now: datetime) -> None:
    missing = missing_for_publishing(job, today=today(now))
    if missing:
        raise fields_error(missing)


async def _publish_post(session: AsyncSession, job: Job, site: Site, now: datetime) -> int:
    organization = await get_organization(session, id=job.organization_id)
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
        verified=organization.verified_at is not None,
        place=rendering.place_line(job.locations, job.workplace_type),
        salary=salary_line(job),
        headcount=job.headcount,
        valid_through=job.valid_through,
        skills=job.skills,
        url=site.job_url(job.id),
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
