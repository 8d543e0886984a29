"""Writes of suggestions."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.discovery.models import DismissedSuggestion


async def dismiss(session: AsyncSession, *, account_id: int, target_id: int) -> None:
    """Suggest someone no more; fine when nobody would have. Raises NotFound for an unknown account."""
    await get_profile(session, id=target_id)
    row = insert(DismissedSuggestion).values(account_id=account_id, target_id=target_id)
    await session.execute(row.on_conflict_do_nothing())
