"""When sources are polled: one task for each, at its time."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.models import InboundSource
from app.outbox.publish import enqueue

POLL = "inbound.poll"
LEAST_PAUSE = timedelta(minutes=1)
_OVERDUE = timedelta(minutes=10)


async def poll_at(session: AsyncSession, source: InboundSource, when: datetime) -> None:
    """Have a source (locked by the caller) polled at `when`, and at no other time."""
    source.next_poll_at = when
    await session.flush()
    await enqueue(session, POLL, [(str(source.id), {"source_id": source.id})], run_at=when)


async def poll_soon(session: AsyncSession, source: InboundSource, *, accept_vanished: bool, now: datetime) -> None:
    """Have a source (locked by the caller) polled now, but no sooner than a minute after the last poll.

    With `accept_vanished` the jobs that the feed no longer has are closed, however many they are.
    """
    if accept_vanished and source.held:
        source.held = {**source.held, "accepted": True}
    source.etag = source.last_modified = None
    soonest = source.last_received_at + LEAST_PAUSE if source.last_received_at else now
    await poll_at(session, source, max(now, soonest))


async def revive(session: AsyncSession, *, now: datetime) -> None:
    """Enqueue the polls that are long overdue: their tasks died."""
    query = select(InboundSource.id).where(
        InboundSource.next_poll_at < now - _OVERDUE,
        InboundSource.deleted_at.is_(None),
        InboundSource.disabled_at.is_(None),
    )
    found = (await session.scalars(query.limit(1000))).all()
    if found:
        await enqueue(session, POLL, [(str(id), {"source_id": id}) for id in found])
