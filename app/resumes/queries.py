"""Reads of résumés."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.resumes import limits
from app.resumes.models import Resume


async def get_own_resume(session: AsyncSession, *, id: int, account_id: int) -> Resume:
    """One's own résumé, locked so that it stays until the transaction ends; raises NotFound."""
    query = select(Resume).where(Resume.id == id, Resume.account_id == account_id).with_for_update()
    resume = (await session.scalars(query)).first()
    if resume is None:
        raise NotFound
    return resume


async def list_resumes(session: AsyncSession, *, account_id: int) -> Sequence[Resume]:
    """An account's résumés, newest first: as many as it may have."""
    query = select(Resume).where(Resume.account_id == account_id).order_by(Resume.id.desc())
    return (await session.scalars(query.limit(limits.PER_ACCOUNT))).all()


async def load_used_keys(session: AsyncSession, *, keys: Collection[str]) -> set[str]:
    """Those of `keys` that some résumé names."""
    return set(await session.scalars(select(Resume.key).where(Resume.key.in_(keys))))
