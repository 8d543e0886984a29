"""Reads of the open jobs that anyone may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, Select, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.jobs.models import Job
from app.jobs.rules import today
from app.organizations.models import Organization
from app.posts.models import Post

Row = tuple[Job, Organization]


@dataclass(frozen=True, slots=True)
class State:
    """What tells one state of the open jobs from another. `changed_at`: when any job last changed; None: never."""

    count: int
    mark: str
    changed_at: datetime | None


async def list_open(
    session: AsyncSession, *, after: int, limit: int, now: datetime, organization_id: int | None = None
) -> Sequence[Row]:
    """Open jobs with rising ids, after one."""
    query = _open(select(Job, Organization), now, organization_id).where(Job.id > after)
    rows = await session.execute(query.order_by(Job.id).limit(limit))
    return [(job, organization) for job, organization in rows]


async def list_newest(
    session: AsyncSession, *, max_id: int | None, limit: int, now: datetime, organization_id: int | None = None
) -> Sequence[Row]:
    """Open jobs, the last published first; `max_id`: whose posts are older than this one."""
    query = _open(select(Job, Organization), now, organization_id)
    if max_id is not None:
        query = query.where(Job.post_id < max_id)
    rows = await session.execute(query.order_by(Job.post_id.desc()).limit(limit))
    return [(job, organization) for job, organization in rows]


async def get_state(session: AsyncSession, *, now: datetime, organization_id: int | None = None) -> State:
    """The state of the open jobs, or of one organisation's: what leaves them changes it too."""
    is_open = _is_open(now)
    shown = func.hashtext(Organization.name + func.coalesce(Organization.url, "") + Organization.profile)
    changed = func.greatest(Job.updated_at, Organization.verified_at, Organization.lapsed_at, Account.suspended_at)
    query = _published(
        select(
            func.count().filter(is_open),
            func.sum(cast(Job.id, Numeric)).filter(is_open),
            func.sum(cast(shown, BigInteger)).filter(is_open),
            func.max(Job.updated_at).filter(is_open),
            func.max(changed),
        ),
        organization_id,
    )
    count, ids, names, newest, changed_at = (await session.execute(query)).one()
    mark = f"{count}-{ids or 0}-{names or 0}-{newest.timestamp() if newest else 0}-{changed_at}"
    return State(count, mark, changed_at)


async def list_parts(session: AsyncSession, *, size: int, now: datetime) -> Sequence[tuple[int, datetime]]:
    """The open jobs in parts of `size` by rising ids: of each its first id, and when one of it last changed."""
    number = (func.row_number().over(order_by=Job.id) - 1) // size
    numbered = _open(select(Job.id, Job.updated_at, number.label("part")), now, None).subquery()
    query = select(func.min(numbered.c.id), func.max(numbered.c.updated_at)).group_by(numbered.c.part)
    return [(first, changed_at) for first, changed_at in await session.execute(query.order_by(numbered.c.part))]


async def list_addresses(
    session: AsyncSession, *, first: int, limit: int, now: datetime
) -> Sequence[tuple[int, datetime]]:
    """Ids of open jobs from `first` upwards, and when they last changed."""
    query = _open(select(Job.id, Job.updated_at), now, None).where(Job.id >= first).order_by(Job.id).limit(limit)
    return [(id, changed_at) for id, changed_at in await session.execute(query)]


def _published(query: Select[*tuple[Any, ...]], organization_id: int | None) -> Select[*tuple[Any, ...]]:
    query = (
        query.select_from(Job)
        .join(Post, Post.id == Job.post_id)
        .join(Account, Account.id == Job.author_id)
        .join(Organization, Organization.id == Job.organization_id)
    )
    return query.where(Job.organization_id == organization_id) if organization_id is not None else query


def _is_open(now: datetime) -> ColumnElement[bool]:
    return and_(
        Job.state == "open",
        or_(Job.valid_through.is_(None), Job.valid_through >= today(now)),
        Post.deleted_at.is_(None),
        Account.suspended_at.is_(None),
    )


def _open(query: Select[*tuple[Any, ...]], now: datetime, organization_id: int | None) -> Select[*tuple[Any, ...]]:
    return _published(query, organization_id).where(_is_open(now))
