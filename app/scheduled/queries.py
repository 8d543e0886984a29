"""Reads of scheduled posts."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.scheduled.models import ScheduledPost


async def page_scheduled(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[ScheduledPost]:
    """An account's scheduled posts, the newest first."""
    query = select(ScheduledPost).where(ScheduledPost.account_id == account_id, ScheduledPost.id > page.floor)
    if page.max_id is not None:
        query = query.where(ScheduledPost.id < page.max_id)
    order = ScheduledPost.id.asc() if page.ascending else ScheduledPost.id.desc()
    rows = (await session.scalars(query.order_by(order).limit(page.limit))).all()
    return rows[::-1] if page.ascending else rows


async def find_own_scheduled(
    session: AsyncSession, *, id: int, account_id: int, lock: bool = False
) -> ScheduledPost | None:
    """One's own scheduled post. With `lock` it stays as it is until the transaction ends."""
    query = select(ScheduledPost).where(ScheduledPost.id == id, ScheduledPost.account_id == account_id)
    scheduled: ScheduledPost | None = await session.scalar(query.with_for_update() if lock else query)
    return scheduled


async def get_own_scheduled(session: AsyncSession, *, id: int, account_id: int, lock: bool = False) -> ScheduledPost:
    """The same; raises NotFound."""
    scheduled = await find_own_scheduled(session, id=id, account_id=account_id, lock=lock)
    if scheduled is None:
        raise NotFound
    return scheduled


async def count_scheduled(session: AsyncSession, *, account_id: int, day: datetime, but: int | None) -> tuple[int, int]:
    """How many posts of an account wait in all, and how many on the day (in UTC) of `day`; `but` does not count."""
    start = day.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    that_day = ScheduledPost.scheduled_at.between(start, start + timedelta(days=1, microseconds=-1))
    query = select(func.count(), func.count().filter(that_day)).where(ScheduledPost.account_id == account_id)
    if but is not None:
        query = query.where(ScheduledPost.id != but)
    total, on_day = (await session.execute(query)).one()
    return total, on_day
