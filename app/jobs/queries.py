"""Reads of jobs, among them the gates `get_job_for_editing` and `get_visible_job`."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.errors import Gone, NotFound
from app.kit.pagination import Page, bounded, newest_first
from app.organizations.models import Seat
from app.organizations.queries import EDITORS, NotSeatMember
from app.posts.models import Post


class JobClosed(Gone):
    code = "job_closed"
    message = "This job no longer takes applications"


async def get_job(session: AsyncSession, *, id: int) -> Job:
    """One job, whoever asks: for code that has checked. Raises NotFound."""
    job = await session.get(Job, id)
    if job is None:
        raise NotFound
    return job


async def get_visible_job(session: AsyncSession, *, id: int, viewer_id: int | None) -> Job:
    """A published job whose post and author live, or any job of an organisation the viewer sits in; else NotFound."""
    seat = (
        select(Seat.account_id)
        .where(Seat.organization_id == Job.organization_id, Seat.account_id == viewer_id)
        .exists()
    )
    row = (
        await session.execute(
            select(Job, seat, Post.deleted_at, Account.suspended_at)
            .join(Account, Account.id == Job.author_id)
            .outerjoin(Post, Post.id == Job.post_id)
            .where(Job.id == id)
        )
    ).first()
    if row is None:
        raise NotFound
    job, has_seat, deleted_at, suspended_at = row
    if not has_seat and (job.post_id is None or deleted_at or suspended_at):
        raise NotFound
    found: Job = job
    return found


async def get_job_for_editing(session: AsyncSession, *, id: int, account_id: int) -> Job:
    """A job of an organisation in which the account may edit, locked for the change.

    Raises NotFound for what the account cannot even see, NotSeatMember for what it can.
    """
    await get_visible_job(session, id=id, viewer_id=account_id)
    job = (await session.scalars(select(Job).where(Job.id == id).with_for_update())).one()
    seat = await session.get(Seat, (job.organization_id, account_id))
    if seat is None or seat.role not in EDITORS:
        raise NotSeatMember
    return job


async def load_jobs(session: AsyncSession, *, ids: Collection[int]) -> dict[int, Job]:
    """Jobs by id, of those that exist."""
    if not ids:
        return {}
    return {job.id: job for job in await session.scalars(select(Job).where(Job.id.in_(ids)))}


async def page_jobs(session: AsyncSession, *, organization_id: int, state: str | None, page: Page) -> Sequence[Job]:
    """An organisation's jobs, drafts too, newest first: the caller has checked who asks."""
    query = select(Job).where(Job.organization_id == organization_id)
    if state is not None:
        query = query.where(Job.state == state)
    return newest_first((await session.scalars(bounded(query, Job.id, page))).all(), page)


async def find_external_job(session: AsyncSession, *, source_id: int, external_id: str) -> Job | None:
    """The job an inbound source keeps under its own id, locked for the change."""
    query = select(Job).where(Job.source_id == source_id, Job.external_id == external_id)
    return (await session.scalars(query.with_for_update())).first()
