"""How long receipts are kept: bodies for a time, ids longer, so that a message that comes again is known."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.models import Receipt

AT_ONCE = 5000


async def forget(session: AsyncSession, *, body_days: int, days: int, now: datetime) -> tuple[int, int]:
    """Drop the bodies of receipts older than `body_days`, and receipts older than `days`; how many of each."""
    bodies = (
        select(Receipt.id)
        .where(Receipt.id < _id_at(now - timedelta(days=body_days)), Receipt.body.is_not(None))
        .limit(AT_ONCE)
    )
    emptied: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        update(Receipt).where(Receipt.id.in_(bodies)).values(body=None)
    )
    old = select(Receipt.id).where(Receipt.id < _id_at(now - timedelta(days=days))).order_by(Receipt.id).limit(AT_ONCE)
    deleted: CursorResult[Any] = await session.execute(  # type: ignore[assignment]
        delete(Receipt).where(Receipt.id.in_(old))
    )
    return emptied.rowcount, deleted.rowcount


def _id_at(moment: datetime) -> int:
    """The smallest id made at `moment`: ids hold their time (kit.db.Id)."""
    return int(moment.timestamp() * 1000) << 16
