"""/api/weizhi/v1/jobs: create, show, change, and move along the lifecycle."""

from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import queries, service
from app.jobs.models import Job
from app.jobs.schemas import JobCreate, JobOut, JobUpdate
from app.kit import idempotency
from app.kit.clock import now
from app.kit.http import CurrentSite, IdempotencyKey, PathId, Reading, Transaction
from app.kit.site import Site
from app.oauth.actor import Actor, ViewerId, requires
from app.organizations.queries import get_organization
from app.reading.present_job import present_job

router = APIRouter(prefix="/api/weizhi/v1/jobs", tags=["jobs"])

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
async def get_job(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> JobOut:
    """One job: anyone's once published, a draft to its organisation's seats alone."""
    return await _shown(session, await queries.get_visible_job(session, id=id, viewer_id=viewer_id), site)


@router.patch("/{id}", response_model=JobOut)
async def update_job(id: PathId, body: JobUpdate, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """Change a job; the post that carries it changes with it."""
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.update(session, job=job, request=body, site=site, now=now())
    return await _shown(session, job, site)


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
async def pause_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """Take no applications for a while."""
    return await _transition(session, id, "pause", actor, site)


@router.post("/{id}/close", response_model=JobOut)
async def close_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """End a job without a hire."""
    return await _transition(session, id, "close", actor, site)


@router.post("/{id}/fill", response_model=JobOut)
async def fill_job(id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite) -> JobOut:
    """End a job whose places are filled."""
    return await _transition(session, id, "fill", actor, site)


async def _transition(session: AsyncSession, id: int, verb: service.Verb, actor: Actor, site: Site) -> JobOut:
    job = await queries.get_job_for_editing(session, id=id, account_id=actor.account_id)
    await service.transition(session, job=job, verb=verb, actor_id=actor.account_id, site=site, now=now())
    return await _shown(session, job, site)


async def _shown(session: AsyncSession, job: Job, site: Site) -> JobOut:
    return present_job(job, await get_organization(session, id=job.organization_id), site=site)
