"""Credit: how hires were shared out, how they are to be, and what one's word of mouth came to."""

from typing import Annotated

from fastapi import APIRouter, Request

from app.applications.queries import get_application
from app.credits import queries, service
from app.credits.models import CreditPolicy
from app.credits.present import present_awards, present_own_credits
from app.credits.schemas import (
    CreditsOut,
    OwnCreditOut,
    Policy,
    PolicyChoice,
    PolicyOut,
    Recomputation,
    ReferralRecordOut,
)
from app.jobs.queries import get_visible_job
from app.kit.clock import now
from app.kit.http import CurrentSite, Links, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.oauth.actor import Actor, ViewerId, requires
from app.organizations.queries import get_organization

router = APIRouter(prefix="/api/weizhi/v1", tags=["credits"])


@router.get("/applications/{id}/credits", response_model=CreditsOut)
async def get_credits(
    id: PathId, actor: Annotated[Actor, requires("read:applications")], session: Reading, site: CurrentSite
) -> CreditsOut:
    """How an application's hire was shared out along its path: for the applicant and the organisation's seats."""
    application = await get_application(session, id=id, viewer_id=actor.account_id)
    awards = await queries.list_awards(session, application_id=id)
    return await present_awards(session, awards, application=application, viewer_id=actor.account_id, site=site)


@router.post("/applications/{id}/credits/recompute", response_model=CreditsOut)
async def recompute_credits(
    id: PathId,
    body: Recomputation,
    actor: Annotated[Actor, requires("write:applications")],
    session: Transaction,
    site: CurrentSite,
    request: Request,
) -> CreditsOut:
    """Share a hire out anew, as owner or recruiter. The award before it stays in the list, reversed."""
    await service.recompute(
        session,
        application_id=id,
        actor_id=actor.account_id,
        policy=body.policy,
        default=_default(request),
        now=now(),
    )
    return await get_credits(id, actor, session, site)


@router.get("/credits", response_model=list[OwnCreditOut])
async def list_own_credits(
    actor: Annotated[Actor, requires("read:accounts")],
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=40)],
    links: Links,
) -> list[OwnCreditOut]:
    """Your own shares of hires, newest first."""
    own = await queries.page_own_credits(session, account_id=actor.account_id, page=page)
    links.tell([one.credit.id for one in own], page)
    return await present_own_credits(session, own, site=site)


@router.get("/accounts/{id}/referrals", response_model=ReferralRecordOut)
async def get_referrals(id: PathId, viewer_id: ViewerId, session: Reading) -> ReferralRecordOut:
    """What an account's word of mouth came to. 404 when it keeps that to itself (`source[show_referrals]`)."""
    record, public = await queries.get_record(session, account_id=id, viewer_id=viewer_id)
    return ReferralRecordOut(
        account_id=id,
        applications=record.applications,
        hires=record.hires,
        points=record.points,
        points_pending=record.points_pending,
        public=public,
    )


@router.get("/jobs/{id}/credit_policy", response_model=PolicyOut)
async def get_job_policy(id: PathId, viewer_id: ViewerId, session: Reading, request: Request) -> PolicyOut:
    """How a job's coming hires are shared out: for whoever may see the job."""
    job = await get_visible_job(session, id=id, viewer_id=viewer_id)
    found = await queries.find_policy(session, organization_id=job.organization_id, job_id=job.id)
    return _policy(found, request)


@router.put("/jobs/{id}/credit_policy", response_model=PolicyOut)
async def set_job_policy(
    id: PathId,
    body: PolicyChoice,
    actor: Annotated[Actor, requires("write:jobs")],
    session: Transaction,
    request: Request,
) -> PolicyOut:
    """Choose how a job's coming hires are shared out, as owner or recruiter. What was shared out stays."""
    await service.set_job_policy(session, job_id=id, actor_id=actor.account_id, policy=body.policy, now=now())
    return await get_job_policy(id, actor.account_id, session, request)


@router.get("/organizations/{id}/credit_policy", response_model=PolicyOut)
async def get_organization_policy(id: PathId, session: Reading, request: Request) -> PolicyOut:
    """How an organisation's coming hires are shared out, where a job of its does not say otherwise."""
    await get_organization(session, id=id)
    return _policy(await queries.find_policy(session, organization_id=id, job_id=None), request)


@router.put("/organizations/{id}/credit_policy", response_model=PolicyOut)
async def set_organization_policy(
    id: PathId,
    body: PolicyChoice,
    actor: Annotated[Actor, requires("write:jobs")],
    session: Transaction,
    request: Request,
) -> PolicyOut:
    """Choose how an organisation's coming hires are shared out, as an owner. What was shared out stays."""
    await service.set_organization_policy(
        session, organization_id=id, actor_id=actor.account_id, policy=body.policy, now=now()
    )
    return await get_organization_policy(id, session, request)


def _policy(found: CreditPolicy | None, request: Request) -> PolicyOut:
    if found is None:
        return PolicyOut(policy=_default(request), set_by="service")
    set_by = "job" if found.job_id is not None else "organization"
    return PolicyOut.model_validate({"policy": found.policy, "set_by": set_by})


def _default(request: Request) -> Policy:
    policy: Policy = request.app.state.resources.settings.credit_policy
    return policy
