"""Writes of applications."""

from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.applications.events import ApplicationCreated, ApplicationHired, ApplicationStageChanged
from app.applications.links import apply_url_of
from app.applications.models import Application, ApplicationChange
from app.applications.queries import get_application_for_moving, get_own_application, lock_application
from app.applications.questions import load_questions, require_answers
from app.applications.rules import WITHDRAWABLE, may_move
from app.applications.schemas import ApplicationCreate, ApplicationMove, Stage
from app.applications.words import CONSENT
from app.jobs.queries import JobClosed, get_visible_job
from app.jobs.rules import takes_applications
from app.jobs.service import InvalidTransition
from app.kit.errors import Conflict, Forbidden, NotFound, field_error
from app.media.store import MediaStore
from app.organizations.models import Seat
from app.outbox.publish import publish
from app.posts.cascade import resolve_parent
from app.posts.queries import get_visible_post
from app.resumes.queries import get_own_resume
from app.resumes.service import copy


class AlreadyApplied(Conflict):
    code = "already_applied"
    message = "You have applied to this job already"


class OwnJob(Forbidden):
    code = "own_job"
    message = "You cannot apply to a job of your own organization"


async def apply(
    session: AsyncSession,
    *,
    job_id: int,
    applicant_id: int,
    request: ApplicationCreate,
    store: MediaStore,
    now: datetime,
) -> Application:
    """Apply to an open job, keeping the path by which the applicant came, and who they are as they are now.

    Raises NotFound, JobClosed, OwnJob, AlreadyApplied, InvalidVia, NoApplyUrl, Invalid, FileGone.
    """
    job = await get_visible_job(session, id=job_id, viewer_id=applicant_id)
    if await session.get(Seat, (job.organization_id, applicant_id)):
        raise OwnJob
    if not takes_applications(job, now=now) or job.post_id is None:
        raise JobClosed
    if request.mode == "url":
        apply_url_of(job)
    else:
        require_answers(await load_questions(session, job_id=job.id), request.answers)
    post = await get_visible_post(session, id=job.post_id, viewer_id=applicant_id)
    parent = await resolve_parent(
        session, root_id=post.id, target=post, via=request.via, wrapper=None, account_id=applicant_id
    )
    application = Application(
        job_id=job.id,
        mode=request.mode,
        profile=await _profile(session, applicant_id),
        **await _resume(session, store, applicant_id, request.resume_id),
        applicant_id=applicant_id,
        via_post_id=parent.post_id,
        inference=parent.inference,
        confidence=parent.confidence,
        message=request.message.strip(),
        answers=[answer.model_dump() for answer in request.answers],
        consent_at=now if request.consent else None,
        consent_words=CONSENT if request.consent else None,
        created_at=now,
        moved_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(application)
    except IntegrityError:
        raise AlreadyApplied from None
    await session.refresh(application)
    session.add(
        ApplicationChange(application_id=application.id, actor_id=applicant_id, stage="applied", created_at=now)
    )
    await session.flush()
    await publish(session, ApplicationCreated(application.id), actor_id=applicant_id)
    return application


async def move(
    session: AsyncSession, *, id: int, actor_id: int, request: ApplicationMove, now: datetime
) -> Application:
    """Let a seat move an application to another stage, and tell it.

    Holds the row until the transaction ends. Raises NotFound, NotSeatMember, InvalidTransition.
    """
    application = await get_application_for_moving(session, id=id, account_id=actor_id)
    if not may_move(application.stage, request.stage):
        raise InvalidTransition(f"An application that is {application.stage} cannot become {request.stage}")
    await _change(session, application, request.stage, actor_id, request.reason, request.note, now)
    return application


async def withdraw(session: AsyncSession, *, id: int, actor_id: int, reason: str, now: datetime) -> Application:
    """Let the applicant take an application back, at any stage but the lost ones; one may apply again afterwards.

    Holds the row until the transaction ends. Raises NotFound, NotApplicant, InvalidTransition.
    """
    await get_own_application(session, id=id, account_id=actor_id)
    application = await lock_application(session, id=id)
    if application.stage not in WITHDRAWABLE:
        raise InvalidTransition(f"An application that is {application.stage} cannot be withdrawn")
    await _change(session, application, "withdrawn", actor_id, reason, "", now)
    return application


async def _profile(session: AsyncSession, account_id: int) -> dict[str, Any]:
    account = await session.get_one(Account, account_id)
    return {name: getattr(account, name) for name in ("username", "display_name", "headline", "note", "fields")}


async def _resume(session: AsyncSession, store: MediaStore, account_id: int, id: int | None) -> dict[str, Any]:
    """The columns of a copy that stays with the application, whatever becomes of the résumé."""
    if id is None:
        return {}
    try:
        resume = await get_own_resume(session, id=id, account_id=account_id)
    except NotFound:
        raise field_error("resume_id", "ERR_INVALID", "must name a résumé of your own") from None
    return {
        "resume_key": await copy(store, resume.key),
        "resume_name": resume.name,
        "resume_type": resume.content_type,
        "resume_size": resume.size,
    }


async def _change(
    session: AsyncSession, application: Application, stage: Stage, actor_id: int, reason: str, note: str, now: datetime
) -> None:
    change = ApplicationChange(
        application_id=application.id,
        actor_id=actor_id,
        previous=application.stage,
        stage=stage,
        reason=reason.strip(),
        note=note.strip(),
        created_at=now,
    )
    session.add(change)
    application.stage, application.moved_at = stage, now
    await session.flush()
    await publish(session, ApplicationStageChanged(application.id, change.id), actor_id=actor_id)
    if stage == "hired":
        await publish(session, ApplicationHired(application.id, change.id), actor_id=actor_id)
