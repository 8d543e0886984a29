"""Writes of applications."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.events import ApplicationCreated
from app.applications.models import Application
from app.applications.schemas import ApplicationCreate
from app.jobs.queries import JobClosed, get_visible_job
from app.jobs.rules import takes_applications
from app.kit.errors import Conflict, Forbidden
from app.organizations.models import Seat
from app.outbox.publish import publish
from app.posts.cascade import resolve_parent
from app.posts.queries import get_visible_post


class AlreadyApplied(Conflict):
    code = "already_applied"
    message = "You have applied to this job already"


class OwnJob(Forbidden):
    code = "own_job"
    message = "You cannot apply to a job of your own organization"


async def apply(
    session: AsyncSession, *, job_id: int, applicant_id: int, request: ApplicationCreate, now: datetime
) -> Application:
    """Apply to an open job, keeping the path by which the applicant came.

    Raises NotFound, JobClosed, OwnJob, AlreadyApplied, InvalidVia.
    """
    job = await get_visible_job(session, id=job_id, viewer_id=applicant_id)
    if await session.get(Seat, (job.organization_id, applicant_id)):
        raise OwnJob
    if not takes_applications(job, now=now) or job.post_id is None:
        raise JobClosed
    post = await get_visible_post(session, id=job.post_id, viewer_id=applicant_id)
    parent = await resolve_parent(
        session, root_id=post.id, target=post, via=request.via, wrapper=None, account_id=applicant_id
    )
    application = Application(
        job_id=job.id,
        applicant_id=applicant_id,
        via_post_id=parent.post_id,
        inference=parent.inference,
        confidence=parent.confidence,
        message=request.message.strip(),
        answers=[answer.model_dump() for answer in request.answers],
        consent_at=now if request.consent else None,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(application)
    except IntegrityError:
        raise AlreadyApplied from None
    await session.refresh(application)
    await publish(session, ApplicationCreated(application.id), actor_id=applicant_id)
    return application
