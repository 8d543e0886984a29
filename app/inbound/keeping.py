"""How long receipts are kept: bodies for a time, ids longer, so that a message that comes again is known."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.models import Receipt
from app.kit.db import count_changed

AT_ONCE = 2000


async def forget(session: AsyncSession, *, body_days: int, days: int, now: datetime) -> int:
    """Drop bodies of receipts older than `body_days`, and receipts older than `days`; how many, some at a time."""
    with_body = select(Receipt.id).where(
        Receipt.id < _id_at(now - timedelta(days=body_days)), Receipt.body.is_not(None)
    )
    emptied = update(Receipt).where(Receipt.id.in_(with_body.limit(AT_ONCE))).values(body=None)
    old = select(Receipt.id).where(Receipt.id < _id_at(now - timedelta(days=days))).order_by(Receipt.id).limit(AT_ONCE)
    dropped = delete(Receipt).where(Receipt.id.in_(old))
    return await count_changed(session, emptied) + await count_changed(session, dropped)


def _id_at(moment: datetime) -> int:
    """The smallest id made at `moment`: ids hold their time (kit.db.Id)."""
    return int(moment.timestamp() * 1000) << 16
