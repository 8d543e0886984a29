"""Apply to a job; see and move applications: one's own, or those to one's organisation."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications import accesses, links, queries, service
from app.applications.models import Application
from app.applications.present import present_accesses, present_applications
from app.applications.questions import load_questions, set_questions
from app.applications.schemas import (
    AccessOut,
    ApplicationCreate,
    ApplicationMove,
    ApplicationOut,
    ConsentOut,
    QuestionsChange,
    QuestionsOut,
    Stage,
    StageCountsOut,
    Withdrawal,
)
from app.applications.words import CONSENT
from app.exposures.noting import Exposures
from app.jobs.queries import get_visible_job
from app.kit import idempotency
from app.kit.clock import now
from app.kit.errors import NotFound, field_error
from app.kit.http import CurrentSite, IdempotencyKey, Links, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires
from app.organizations.queries import EVERY_ROLE, require_seat
from app.resumes.service import find
from app.resumes.serving import DOWNLOAD, PrivateStore, download

router = APIRouter(prefix="/api/weizhi/v1", tags=["applications"])
# What people follow, from a job's page too.
page_router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, requires("read:applications")]
Writer = Annotated[Actor, requires("write:applications")]
OfJob = Annotated[IdIn | None, Query(description="Those to this job of your organisation.")]
OfOrganization = Annotated[IdIn | None, Query(description="Those to all jobs of your organisation.")]


@router.post("/jobs/{id}/applications", response_model=ApplicationOut)
async def create_application(
    id: PathId,
    body: ApplicationCreate,
    actor: Writer,
    session: Transaction,
    site: CurrentSite,
    store: PrivateStore,
    idempotency_key: IdempotencyKey = None,
) -> ApplicationOut:
    """Apply to a job. The path of reposts you came by is kept with your application, and your profile as it is."""

    async def apply() -> int:
        made = await service.apply(
            session, job_id=id, applicant_id=actor.account_id, request=body, store=store, now=now()
        )
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
    return await _shown_one(session, application, actor, site)


@router.get("/jobs/{id}/questions", response_model=QuestionsOut)
async def get_job_questions(id: PathId, viewer_id: ViewerId, session: Reading) -> QuestionsOut:
    """What those who apply to a job are asked: for whoever may see the job."""
    job = await get_visible_job(session, id=id, viewer_id=viewer_id)
    found = await load_questions(session, job_id=job.id)
    return QuestionsOut.model_validate({"questions": [one.model_dump() for one in found]})


@router.put("/jobs/{id}/questions", response_model=QuestionsOut)
async def set_job_questions(
    id: PathId, body: QuestionsChange, actor: Annotated[Actor, requires("write:jobs")], session: Transaction
) -> QuestionsOut:
    """Ask those who apply to a job, as owner or recruiter: from now on these questions, and no others."""
    await set_questions(session, job_id=id, actor_id=actor.account_id, questions=body.questions, now=now())
    return QuestionsOut.model_validate(body.model_dump())


@router.get("/jobs/{id}/apply", response_class=RedirectResponse, status_code=303)
@page_router.get("/jobs/{id}/apply", response_class=RedirectResponse, status_code=303)
async def follow_apply_link(
    id: PathId,
    request: Request,
    session: Transaction,
    viewer_id: ViewerId,
    via: Annotated[IdIn | None, Query(description="The repost or quote you come by.")] = None,
    t: Annotated[str | None, Query(max_length=200, description="What the link to the job carries as `t`.")] = None,
) -> RedirectResponse:
    """Go on to the employer's own page, as the job names it. That you did, and by which post, is counted."""
    job = await get_visible_job(session, id=id, viewer_id=viewer_id)
    exposures: Exposures = request.app.state.resources.exposures
    card = await exposures.via_of_card(t, root_id=job.post_id) if t and job.post_id else None
    url = await links.follow_link(session, job=job, account_id=viewer_id, via=via, card=card, now=now())
    return RedirectResponse(url, status_code=303, headers={"Cache-Control": "no-store", "Referrer-Policy": "origin"})


@router.get("/applications", response_model=list[ApplicationOut])
async def list_applications(
    actor: Reader,
    session: Transaction,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=40)],
    request: Request,
    response: Response,
    job_id: OfJob = None,
    organization_id: OfOrganization = None,
    stage: Annotated[Stage | None, Query(description="Those at this stage.")] = None,
) -> list[ApplicationOut]:
    """Your applications, newest first; or those to a job or an organisation that you sit in. Applicants see that."""
    organization_id = await _sat_in(session, actor, job_id=job_id, organization_id=organization_id)
    found = await queries.page_applications(
        session,
        page=page,
        applicant_id=actor.account_id if organization_id is None else None,
        job_id=job_id,
        organization_id=organization_id if job_id is None else None,
        stage=stage,
    )
    if found:
        response.headers.update(link_header(request, site, older_than=found[-1].id, newer_than=found[0].id))
    return await _shown(session, found, actor, site)


@router.get("/applications/counts", response_model=StageCountsOut)
async def count_applications(
    actor: Reader, session: Reading, job_id: OfJob = None, organization_id: OfOrganization = None
) -> StageCountsOut:
    """How many applications to a job, or to all of an organisation's, stand at each stage: for its seats."""
    sat_in = await _sat_in(session, actor, job_id=job_id, organization_id=organization_id)
    if sat_in is None:
        raise field_error("job_id", "ERR_BLANK", "or organization_id must be given")
    stages = await queries.load_stage_counts(session, job_id=job_id, organization_id=sat_in)
    return StageCountsOut.model_validate({"stages": stages, "total": sum(stages.values())})


@router.get("/applications/consent", response_model=ConsentOut)
async def get_application_consent() -> ConsentOut:
    """What an applicant agrees to with `consent`, in Chinese and English: whoever asks them shows this."""
    return ConsentOut(words=CONSENT)


@router.get("/applications/{id}", response_model=ApplicationOut)
async def get_application(id: PathId, actor: Reader, session: Transaction, site: CurrentSite) -> ApplicationOut:
    """One application: your own, or one to your organisation. The applicant sees that you looked."""
    application = await queries.get_application(session, id=id, viewer_id=actor.account_id)
    return await _shown_one(session, application, actor, site)


@router.get("/applications/{id}/resume", response_class=FileResponse, responses=DOWNLOAD)
async def get_application_resume(id: PathId, actor: Reader, session: Transaction, store: PrivateStore) -> FileResponse:
    """The résumé that came with an application. The applicant sees that you fetched it."""
    application = await queries.get_application(session, id=id, viewer_id=actor.account_id)
    if application.resume_key is None:
        raise NotFound
    path = find(store, application.resume_key)
    await _note(session, [application], actor, "resume")
    return download(path, name=application.resume_name or "", content_type=application.resume_type or "")


@router.get("/applications/{id}/accesses", response_model=list[AccessOut])
async def list_accesses(
    id: PathId,
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=80)],
    links: Links,
) -> list[AccessOut]:
    """Who of the organisation saw your application or fetched its résumé, newest first: for the applicant alone."""
    await queries.get_own_application(session, id=id, account_id=actor.account_id)
    found = await accesses.page_accesses(session, application_id=id, page=page)
    links.tell([access.id for access in found], page)
    return await present_accesses(session, found, site=site)


@router.patch("/applications/{id}", response_model=ApplicationOut)
async def move_application(
    id: PathId,
    body: ApplicationMove,
    actor: Writer,
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
    return await _shown_one(session, application, actor, site)


@router.post("/applications/{id}/withdraw", response_model=ApplicationOut)
async def withdraw_application(
    id: PathId, body: Withdrawal, actor: Writer, session: Transaction, site: CurrentSite
) -> ApplicationOut:
    """Take your application back. You may apply to the job again afterwards."""
    application = await service.withdraw(session, id=id, actor_id=actor.account_id, reason=body.reason, now=now())
    return await _shown_one(session, application, actor, site)


async def _sat_in(
    session: AsyncSession, actor: Actor, *, job_id: int | None, organization_id: int | None
) -> int | None:
    """The organisation that is asked about, of which the caller must hold a seat; None: none is."""
    if job_id is not None:
        job = await get_visible_job(session, id=job_id, viewer_id=actor.account_id)
        organization_id = job.organization_id
    if organization_id is not None:
        await require_seat(session, organization_id=organization_id, account_id=actor.account_id, roles=EVERY_ROLE)
    return organization_id


async def _shown(session: AsyncSession, found: Sequence[Application], actor: Actor, site: Site) -> list[ApplicationOut]:
    await _note(session, found, actor, "viewed")
    return await present_applications(session, found, viewer_id=actor.account_id, site=site)


async def _shown_one(session: AsyncSession, application: Application, actor: Actor, site: Site) -> ApplicationOut:
    shown = await _shown(session, [application], actor, site)
    if not shown:
        # Who applied is suspended: nobody meets them, nor moves their application.
        raise NotFound
    return shown[0]


async def _note(session: AsyncSession, found: Sequence[Application], actor: Actor, kind: accesses.Kind) -> None:
    """What is not one's own one sees for the organisation: the gates have looked."""
    others = [application.id for application in found if application.applicant_id != actor.account_id]
    await accesses.note(session, application_ids=others, account_id=actor.account_id, kind=kind, now=now())
