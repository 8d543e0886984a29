"""What messages say of what happened, read from PostgreSQL as it is now. Each asks a bounded number of statements,
and nothing but whether anybody listens where nobody does."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.applications.models import Application, ApplicationChange
from app.exposures.models import ReachMilestone
from app.graph.queries import load_standings
from app.jobs.models import Job
from app.kit.site import Site
from app.kit.wire import WireModel
from app.webhooks.messages import find_listening
from app.webhooks.payloads import (
    AccountBrief,
    ApplicationData,
    ApplicationFacts,
    JobBrief,
    JobData,
    JobFacts,
    MilestoneData,
    ReferralData,
    RepostData,
    RepostFacts,
)

Payloads: TypeAlias = Sequence[Mapping[str, Any]]
# As (organisation, data) pairs.
Facts: TypeAlias = list[tuple[int, WireModel]]

# So many places of a job are told: its messages stay below 20 kB whatever it says.
_MOST_PLACES = 5
_PLACE = ("city", "region", "country", "name")

# Of many posts, the branches of jobs whose employers listen.
_BRANCHES = text(
    """
    SELECT node.post_id, node.parent_id, node.depth, node.account_id, node.created_at, post.kind, post.visibility,
        job.id AS job_id, job.author_id
    FROM cascade_nodes AS node
    JOIN posts AS post ON post.id = node.post_id
    JOIN jobs AS job ON job.post_id = node.root_id
    WHERE node.post_id = ANY(:ids) AND post.deleted_at IS NULL
      AND EXISTS (SELECT FROM webhooks WHERE webhooks.organization_id = job.organization_id)
    ORDER BY node.post_id
    """
)


async def of_jobs(session: AsyncSession, site: Site, payloads: Payloads) -> Facts:
    """Jobs that were published, as they are now: what happened to them since tells itself later."""
    jobs = await _listening_jobs(session, [payload["job_id"] for payload in payloads])
    return [
        (job.organization_id, JobData(organization_id=job.organization_id, job=_facts(job, site)))
        for job in jobs.values()
        if job.post_id is not None
    ]


async def of_reposts(session: AsyncSession, site: Site, payloads: Payloads) -> Facts:
    """Of the published posts those that are branches of jobs, with names where the branch is public."""
    ids = [payload["post_id"] for payload in payloads]
    branches = (await session.execute(_BRANCHES, {"ids": ids})).all()
    if not branches:
        return []
    jobs = await _listening_jobs(session, [branch.job_id for branch in branches])
    profiles = await load_profiles(session, ids={branch.account_id for branch in branches})
    facts: Facts = []
    for author_id in sorted({branch.author_id for branch in branches}):
        own = [branch for branch in branches if branch.author_id == author_id]
        # Nor are those named who keep the recruiter away, or are suspended.
        standings = await load_standings(session, account_id=author_id, ids={branch.account_id for branch in own})
        near = {id for id, standing in standings.items() if not standing.blocked_by}
        for branch in own:
            named = branch.visibility in ("public", "unlisted") and branch.account_id in near
            profile = profiles.get(branch.account_id) if named else None
            account = None
            if profile is not None:
                name = profile.account.username
                account = AccountBrief(id=branch.account_id, username=name, url=site.account_url(name))
            repost = RepostFacts(
                id=branch.post_id,
                kind=branch.kind,
                parent_id=branch.parent_id,
                depth=branch.depth,
                account=account,
                created_at=branch.created_at,
            )
            job = jobs[branch.job_id]
            data = RepostData(organization_id=job.organization_id, job=_brief(job, site), repost=repost)
            facts.append((job.organization_id, data))
    return facts


async def of_applications(session: AsyncSession, site: Site, payloads: Payloads) -> Facts:
    """Applications; with a `change_id`, in the stage to which that change brought them."""
    applications, jobs = await _applications(session, payloads)
    changes = await _changes(session, [payload["change_id"] for payload in payloads if "change_id" in payload])
    facts: Facts = []
    for payload in payloads:
        application = applications.get(payload["application_id"])
        job = jobs.get(application.job_id) if application else None
        if application is None or job is None:
            continue
        change = changes.get(payload.get("change_id", 0))
        told = ApplicationFacts(
            id=application.id,
            job_id=job.id,
            stage=change.stage if change else application.stage,
            previous=change.previous if change else None,
            created_at=application.created_at,
        )
        data = ApplicationData(organization_id=job.organization_id, job=_brief(job, site), application=told)
        facts.append((job.organization_id, data))
    return facts


async def of_referrals(session: AsyncSession, site: Site, payloads: Payloads) -> Facts:
    """Applications whose hire was shared out, or not any more."""
    applications, jobs = await _applications(session, payloads)
    facts: Facts = []
    for payload in payloads:
        application = applications.get(payload["application_id"])
        job = jobs.get(application.job_id) if application else None
        if application is not None and job is not None:
            data = ReferralData(
                organization_id=job.organization_id,
                job=_brief(job, site),
                application_id=application.id,
                award_id=payload["award_id"],
            )
            facts.append((job.organization_id, data))
    return facts


async def of_milestones(session: AsyncSession, site: Site, payloads: Payloads) -> Facts:
    """Jobs that were shown to so many readers."""
    jobs = await _listening_jobs(session, [payload["job_id"] for payload in payloads])
    milestones = ReachMilestone.root_id.in_([job.post_id for job in jobs.values()])
    rows = await session.execute(select(ReachMilestone.id, ReachMilestone.reach).where(milestones))
    reach = {row.id: row.reach for row in rows}
    facts: Facts = []
    for payload in payloads:
        job, number = jobs.get(payload["job_id"]), reach.get(payload["milestone_id"])
        if job and number:
            data = MilestoneData(organization_id=job.organization_id, job=_brief(job, site), reach=number)
            facts.append((job.organization_id, data))
    return facts


async def _applications(session: AsyncSession, payloads: Payloads) -> tuple[dict[int, Application], dict[int, Job]]:
    ids = {payload["application_id"] for payload in payloads}
    rows = await session.scalars(select(Application).where(Application.id.in_(ids)))
    applications = {application.id: application for application in rows}
    jobs = await _listening_jobs(session, [application.job_id for application in applications.values()])
    return applications, jobs


async def _changes(session: AsyncSession, ids: Sequence[int]) -> dict[int, ApplicationChange]:
    if not ids:
        return {}
    rows = await session.scalars(select(ApplicationChange).where(ApplicationChange.id.in_(ids)))
    return {change.id: change for change in rows}


async def _listening_jobs(session: AsyncSession, ids: Collection[int]) -> dict[int, Job]:
    """Jobs by id, of those whose employers have webhooks."""
    if not ids:
        return {}
    jobs = {job.id: job for job in await session.scalars(select(Job).where(Job.id.in_(set(ids))))}
    listening = await find_listening(session, organization_ids={job.organization_id for job in jobs.values()})
    return {id: job for id, job in jobs.items() if job.organization_id in listening}


def _brief(job: Job, site: Site) -> JobBrief:
    return JobBrief(id=job.id, title=job.title, state=job.state, url=site.job_url(job.id))


def _facts(job: Job, site: Site) -> JobFacts:
    salary = {
        "currency": job.salary_currency,
        "min": job.salary_min,
        "max": job.salary_max,
        "interval": job.salary_interval,
        "months": job.salary_months,
    }
    return JobFacts(
        **_brief(job, site).model_dump(),
        status_id=job.post_id,
        headcount=job.headcount,
        locations=[{part: place.get(part) for part in _PLACE} for place in job.locations[:_MOST_PLACES]],
        workplace_type=job.workplace_type,
        employment_type=job.employment_type,
        salary=salary if job.salary_currency else None,
        skills=job.skills,
        valid_through=job.valid_through.isoformat() if job.valid_through else None,
        source_id=job.source_id,
        external_id=job.external_id,
        published_at=job.published_at,
        closed_at=job.closed_at,
    )
