"""Writes of markers."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.markers.models import Marker


async def move(session: AsyncSession, *, account_id: int, positions: Mapping[str, int], now: datetime) -> list[Marker]:
    """Put markers where they are said to be, forwards or back.

    Each move is one statement that counts `version` up, so writers never meet and none is told of a conflict:
    the last one counts.
    """
    if not positions:
        return []
    # By name, so that two requests lock the rows in the same order.
    rows = [
        {"account_id": account_id, "timeline": name, "last_read_id": id, "version": 1, "updated_at": now}
        for name, id in sorted(positions.items())
    ]
    new = insert(Marker).values(rows)
    statement = new.on_conflict_do_update(
        index_elements=[Marker.account_id, Marker.timeline],
        set_={
            "last_read_id": new.excluded.last_read_id,
            "version": Marker.version + 1,
            "updated_at": new.excluded.updated_at,
        },
    ).returning(Marker)
    return list(await session.scalars(statement))
