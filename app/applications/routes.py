"""Apply to a job; see one's own applications, or those to a job of one's organisation."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications import queries, service
from app.applications.models import Application
from app.applications.present import present_applications
from app.applications.schemas import ApplicationCreate, ApplicationMove, ApplicationOut, Withdrawal
from app.jobs.queries import get_visible_job
from app.kit import idempotency
from app.kit.clock import now
from app.kit.http import CurrentSite, IdempotencyKey, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, requires
from app.organizations.queries import EVERY_ROLE, require_seat

router = APIRouter(prefix="/api/weizhi/v1", tags=["applications"])


@router.post("/jobs/{id}/applications", response_model=ApplicationOut)
async def create_application(
    id: PathId,
    body: ApplicationCreate,
    actor: Annotated[Actor, requires("write:applications")],
    session: Transaction,
    site: CurrentSite,
    idempotency_key: IdempotencyKey = None,
) -> ApplicationOut:
    """Apply to a job. The path of reposts you came by is kept with your application."""

    async def apply() -> int:
        made = await service.apply(session, job_id=id, applicant_id=actor.account_id, request=body, now=now())
        return made.id

    application_id = await idempotency.once(
        session,
        apply,
        account_id=actor.account_id,
        operation=f"applications:{id}",
        key=idempotency_key,
        request=body.model_dump(),
    )
    application = await queries.get_application(session, id=application_id, viewer_id=actor.account_id)
    return await _shown(session, application, actor, site)


@router.get("/applications", response_model=list[ApplicationOut])
async def list_applications(
    actor: Annotated[Actor, requires("read:applications")],
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=40)],
    request: Request,
    response: Response,
    job_id: Annotated[IdIn | None, Query(description="Those to this job of your organisation.")] = None,
) -> list[ApplicationOut]:
    """Your applications, newest first; with `job_id` those to a job of an organisation you sit in."""
    applicant_id: int | None = actor.account_id
    if job_id is not None:
        job = await get_visible_job(session, id=job_id, viewer_id=actor.account_id)
        await require_seat(session, organization_id=job.organization_id, account_id=actor.account_id, roles=EVERY_ROLE)
        applicant_id = None
    found = await queries.page_applications(session, page=page, applicant_id=applicant_id, job_id=job_id)
    if found:
        response.headers.update(link_header(request, site, older_than=found[-1].id, newer_than=found[0].id))
    return await present_applications(session, found, viewer_id=actor.account_id, site=site)


@router.get("/applications/{id}", response_model=ApplicationOut)
async def get_application(
    id: PathId, actor: Annotated[Actor, requires("read:applications")], session: Reading, site: CurrentSite
) -> ApplicationOut:
    """One application: your own, or one to your organisation."""
    application = await queries.get_application(session, id=id, viewer_id=actor.account_id)
    return await _shown(session, application, actor, site)


@router.patch("/applications/{id}", response_model=ApplicationOut)
async def move_application(
    id: PathId,
    body: ApplicationMove,
    actor: Annotated[Actor, requires("write:applications")],
    session: Transaction,
    site: CurrentSite,
    idempotency_key: IdempotencyKey = None,
) -> ApplicationOut:
    """Move an application to another stage, as owner or recruiter. The applicant is told, and sees who and why."""

    async def move() -> int:
        return (await service.move(session, id=id, actor_id=actor.account_id, request=body, now=now())).id

    await idempotency.once(
        session,
        move,
        account_id=actor.account_id,
        operation=f"applications.move:{id}",
        key=idempotency_key,
        request=body.model_dump(),
    )
    application = await queries.get_application(session, id=id, viewer_id=actor.account_id)
    return await _shown(session, application, actor, site)


@router.post("/applications/{id}/withdraw", response_model=ApplicationOut)
async def withdraw_application(
    id: PathId,
    body: Withdrawal,
    actor: Annotated[Actor, requires("write:applications")],
    session: Transaction,
    site: CurrentSite,
) -> ApplicationOut:
    """Take your application back. You may apply to the job again afterwards."""
    application = await service.withdraw(session, id=id, actor_id=actor.account_id, reason=body.reason, now=now())
    return await _shown(session, application, actor, site)


async def _shown(session: AsyncSession, application: Application, actor: Actor, site: Site) -> ApplicationOut:
    return (await present_applications(session, [application], viewer_id=actor.account_id, site=site))[0]
