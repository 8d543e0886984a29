"""Reads of markers."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.markers.models import Marker


async def load_markers(session: AsyncSession, *, account_id: int, timelines: Collection[str]) -> dict[str, Marker]:
    """An account's markers by timeline, of those it has set."""
    if not timelines:
        return {}
    rows = await session.scalars(select(Marker).where(Marker.account_id == account_id, Marker.timeline.in_(timelines)))
    return {marker.timeline: marker for marker in rows}
