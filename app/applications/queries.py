"""Reads of applications, among them the gates `get_application` and `get_application_for_moving`."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application, ApplicationChange
from app.jobs.models import Job
from app.kit.errors import Forbidden, NotFound
from app.kit.pagination import Page
from app.organizations.models import Seat
from app.organizations.queries import require_seat

# Of an application's steps the newest are shown.
_CHANGES_SHOWN = 50


class NotApplicant(Forbidden):
    code = "not_applicant"
    message = "Only who applied can do this"


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


async def get_application_for_moving(session: AsyncSession, *, id: int, account_id: int) -> Application:
    """An application to an organisation in which the account may edit, locked for the change.

    Raises NotFound for what the account cannot even see, NotSeatMember for what it can.
    """
    found = await get_application(session, id=id, viewer_id=account_id)
    organization_id = await session.scalar(select(Job.organization_id).where(Job.id == found.job_id))
    await require_seat(session, organization_id=organization_id or 0, account_id=account_id)
    return await lock_application(session, id=id)


async def get_own_application(session: AsyncSession, *, id: int, account_id: int) -> Application:
    """An application the account made. Raises NotFound, or NotApplicant for who sits there."""
    found = await get_application(session, id=id, viewer_id=account_id)
    if found.applicant_id != account_id:
        raise NotApplicant
    return found


async def lock_application(session: AsyncSession, *, id: int) -> Application:
    """An application as it is now, held until the transaction ends: for code that has checked. Raises NotFound."""
    query = select(Application).where(Application.id == id).with_for_update().execution_options(populate_existing=True)
    application = (await session.scalars(query)).first()
    if application is None:
        raise NotFound
    return application


async def load_changes(session: AsyncSession, *, ids: Collection[int]) -> dict[int, list[ApplicationChange]]:
    """The steps of each application, the first one first; of very many the newest 50."""
    if not ids:
        return {}
    place = func.row_number().over(partition_by=ApplicationChange.application_id, order_by=ApplicationChange.id.desc())
    placed = (
        select(ApplicationChange.id, place.label("place")).where(ApplicationChange.application_id.in_(ids)).subquery()
    )
    rows = await session.scalars(
        select(ApplicationChange)
        .join(placed, placed.c.id == ApplicationChange.id)
        .where(placed.c.place <= _CHANGES_SHOWN)
        .order_by(ApplicationChange.id)
    )
    changes: dict[int, list[ApplicationChange]] = {}
    for change in rows:
        changes.setdefault(change.application_id, []).append(change)
    return changes


async def page_applications(
    session: AsyncSession,
    *,
    page: Page,
    applicant_id: int | None = None,
    job_id: int | None = None,
    organization_id: int | None = None,
    stage: str | None = None,
) -> Sequence[Application]:
    """Applications by one person, to one job or to one organisation, at one stage or all, newest first."""
    query = select(Application).where(Application.id > page.floor)
    if page.max_id is not None:
        query = query.where(Application.id < page.max_id)
    if applicant_id is not None:
        query = query.where(Application.applicant_id == applicant_id)
    if job_id is not None:
        query = query.where(Application.job_id == job_id)
    if organization_id is not None:
        query = query.where(Application.job_id.in_(select(Job.id).where(Job.organization_id == organization_id)))
    if stage is not None:
        query = query.where(Application.stage == stage)
    order = Application.id.asc() if page.ascending else Application.id.desc()
    found = (await session.scalars(query.order_by(order).limit(page.limit))).all()
    return found[::-1] if page.ascending else found


async def load_stage_counts(session: AsyncSession, *, job_id: int | None, organization_id: int) -> dict[str, int]:
    """How many applications to a job, or to all of an organisation's, stand at each stage."""
    jobs = select(Job.id).where(Job.organization_id == organization_id)
    query = select(Application.stage, func.count()).where(
        Application.job_id == job_id if job_id is not None else Application.job_id.in_(jobs)
    )
    return {row[0]: row[1] for row in await session.execute(query.group_by(Application.stage))}
