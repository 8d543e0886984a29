"""/api/weizhi/v1/jobs: create, show, change, and move along the lifecycle; an organisation's jobs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.exposures.noting import Exposures
from app.jobs import queries, service
from app.jobs.models import Job
from app.jobs.room import OrganizationUnverified
from app.jobs.schemas import DeletedOut, JobCreate, JobOut, JobRenewal, JobUpdate, State
from app.kit import idempotency
from app.kit.clock import now
from app.kit.errors import Invalid
from app.kit.http import CurrentSite, IdempotencyKey, Links, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.kit.refusals import never
from app.kit.site import Site
from app.oauth.actor import Actor, ViewerId, requires
from app.organizations.queries import EVERY_ROLE, get_organization, require_seat
from app.reading.present_job import present_job

router = APIRouter(prefix="/api/weizhi/v1/jobs", tags=["jobs"])
of_organizations = APIRouter(prefix="/api/weizhi/v1/organizations", tags=["jobs"])

Recruiter = Annotated[Actor, requires("write:jobs")]


@router.post("", response_model=JobOut)
async def create_job(
    body: JobCreate,
    actor: Recruiter,
    session: Transaction,
    site: CurrentSite,
    idempotency_key: IdempotencyKey = None,
) -> JobOut:
    """Create a job as a draft, for an organisation you hold a seat in."""

    async def create() -> int:
        return (await service.create(session, actor_id=actor.account_id, request=body)).id

    job_id = await idempotency.once(
        session, create, account_id=actor.account_id, operation="jobs", key=idempotency_key, request=body.model_dump()
    )
    return await _shown(session, await queries.get_job(session, id=job_id), site)


@router.get("/{id}", response_model=JobOut)
async def get_job(
    id: PathId,
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    request: Request,
    t: Annotated[
        str | None, Query(max_length=200, description="What the link by which you came carries as `t`, if anything.")
    ] = None,
) -> JobOut:
    """One job: anyone's once published, a draft to its organisation's seats alone."""
    job = await queries.get_visible_job(session, id=id, viewer_id=viewer_id)
    if job.post_id is not None:
        exposures: Exposures = request.app.state.resources.exposures
        await exposures.note_opened(request, root_id=job.post_id, author_id=job.author_id, token=t)
    return await _shown(session, job, site)


@router.patch("/{id}", response_model=JobOut)
async def update_job(id: PathId, body: JobUpdate, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """Change a job; the post that carries it changes with it."""
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.update(session, job=job, request=body, site=site, now=now())
    return await _shown(session, job, site)


@router.delete("/{id}", response_model=DeletedOut)
@never(OrganizationUnverified, Invalid)
async def delete_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> DeletedOut:
    """Delete a job, and the post that carries it. A draft is gone then.

    One that was published is closed: your organization keeps it for the applications to it, and nobody else sees it.
    """
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.delete(session, job=job, actor_id=actor.account_id, site=site, now=now())
    return DeletedOut()


@router.post("/{id}/publish", response_model=JobOut)
async def publish_job(
    id: PathId,
    actor: Recruiter,
    session: Transaction,
    site: CurrentSite,
    idempotency_key: IdempotencyKey = None,
) -> JobOut:
    """Publish a draft, as a post of its own kind, or reopen a paused job."""

    async def publish() -> int:
        return int((await _transition(session, id, "publish", actor, site)).id)

    job_id = await idempotency.once(
        session,
        publish,
        account_id=actor.account_id,
        operation=f"jobs.publish:{id}",
        key=idempotency_key,
        request={"id": id},
    )
    return await _shown(session, await queries.get_visible_job(session, id=job_id, viewer_id=actor.account_id), site)


@router.post("/{id}/pause", response_model=JobOut)
@never(OrganizationUnverified, Invalid)
async def pause_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """Take no applications for a while."""
    return await _transition(session, id, "pause", actor, site)


@router.post("/{id}/close", response_model=JobOut)
@never(OrganizationUnverified, Invalid)
async def close_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """End a job without a hire."""
    return await _transition(session, id, "close", actor, site)


@router.post("/{id}/fill", response_model=JobOut)
@never(OrganizationUnverified, Invalid)
async def fill_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """End a job whose places are filled."""
    return await _transition(session, id, "fill", actor, site)


@router.post("/{id}/renew", response_model=JobOut)
async def renew_job(id: PathId, body: JobRenewal, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """Let a job be valid for longer, 180 days ahead at most; one that expired opens again."""
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.renew(
        session, job=job, valid_through=body.valid_through, actor_id=actor.account_id, site=site, now=now()
    )
    return await _shown(session, job, site)


@of_organizations.get("/{id}/jobs", response_model=list[JobOut])
async def list_jobs_of_organization(
    id: PathId,
    actor: Annotated[Actor, requires("read:jobs")],
    session: Reading,
    site: CurrentSite,
    links: Links,
    page: Annotated[Page, page_of(default=20, most=80)],
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
) -> list[JobOut]:
    """All jobs of an organisation you hold a seat in, drafts too, newest first."""
    await require_seat(session, organization_id=id, account_id=actor.account_id, roles=EVERY_ROLE)
    jobs = await queries.page_jobs(session, organization_id=id, state=state, page=page)
    links.tell([job.id for job in jobs], page)
    organization = await get_organization(session, id=id)
    return [present_job(job, organization, site=site) for job in jobs]


async def _transition(session: AsyncSession, id: int, verb: service.Verb, actor: Actor, site: Site) -> JobOut:
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.transition(session, job=job, verb=verb, actor_id=actor.account_id, site=site, now=now())
    return await _shown(session, job, site)


async def _shown(session: AsyncSession, job: Job, site: Site) -> JobOut:
    return present_job(job, await get_organization(session, id=job.organization_id), site=site)
