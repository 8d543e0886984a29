"""Reads of applications, among them the gate `get_application`."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application
from app.jobs.models import Job
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.organizations.models import Seat


async def get_application(session: AsyncSession, *, id: int, viewer_id: int) -> Application:
    """An application that the viewer made, or that came to an organisation it sits in; else NotFound."""
    seat = (
        select(Seat.account_id)
        .where(Seat.organization_id == Job.organization_id, Seat.account_id == viewer_id)
        .exists()
    )
    query = (
        select(Application)
        .join(Job, Job.id == Application.job_id)
        .where(Application.id == id, (Application.applicant_id == viewer_id) | seat)
    )
    application = (await session.scalars(query)).first()
    if application is None:
        raise NotFound
    return application


async def page_applications(
    session: AsyncSession, *, page: Page, applicant_id: int | None = None, job_id: int | None = None
) -> Sequence[Application]:
    """Applications by one person or to one job, newest first."""
    query = select(Application).where(Application.id > page.floor)
    if page.max_id is not None:
        query = query.where(Application.id < page.max_id)
    if applicant_id is not None:
        query = query.where(Application.applicant_id == applicant_id)
    if job_id is not None:
        query = query.where(Application.job_id == job_id)
    order = Application.id.asc() if page.ascending else Application.id.desc()
    found = (await session.scalars(query.order_by(order).limit(page.limit))).all()
    return found[::-1] if page.ascending else found
