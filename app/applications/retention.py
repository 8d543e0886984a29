"""What is personal in an application is erased some time after its end; its path and stages stay, for the sums."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application, ApplicationChange, ApplyClick
from app.jobs.models import Job
from app.kit.db import count_changed
from app.resumes.service import delete_files

_AT_ONCE = 200
_CLICKS_AT_ONCE = 5000
_ENDED = ("hired", "rejected", "withdrawn")


async def erase_due(session: AsyncSession, *, days: int, now: datetime) -> int:
    """Erase what ended more than `days` ago, or whose job did; how many (some at a time, the rest next time)."""
    until = now - timedelta(days=days)
    ended = Application.stage.in_(_ENDED) & (Application.moved_at < until)
    of_ended_job = (Application.moved_at < until) & Application.job_id.in_(select(Job.id).where(Job.closed_at < until))
    query = select(Application).where(Application.erased_at.is_(None), or_(ended, of_ended_job))
    found = (await session.scalars(query.limit(_AT_ONCE).with_for_update(skip_locked=True))).all()
    for application in found:
        await delete_files(session, [application.resume_key] if application.resume_key else [])
        application.message, application.answers, application.profile = "", [], {}
        application.resume_key = application.resume_name = application.resume_type = None
        application.resume_size, application.erased_at = None, now
    if found:
        words = update(ApplicationChange).where(ApplicationChange.application_id.in_([one.id for one in found]))
        await session.execute(words.values(reason="", note="").execution_options(synchronize_session=False))
    return len(found)


async def forget_clicks(session: AsyncSession, *, days: int, now: datetime) -> int:
    """Forget who went on to employers' pages more than `days` ago; how many times, some at a time."""
    old = select(ApplyClick.id).where(
        ApplyClick.created_at < now - timedelta(days=days), ApplyClick.account_id.is_not(None)
    )
    clicks = update(ApplyClick).where(ApplyClick.id.in_(old.limit(_CLICKS_AT_ONCE))).values(account_id=None)
    return await count_changed(session, clicks)


async def load_used_keys(session: AsyncSession, *, keys: Collection[str]) -> set[str]:
    """Those of `keys` that some application names."""
    rows = await session.scalars(select(Application.resume_key).where(Application.resume_key.in_(keys)))
    return {key for key in rows if key is not None}
