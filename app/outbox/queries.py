"""What an operator asks of the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.outbox.models import Task
from app.outbox.publish import CHANNEL


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is still to be done. `oldest_seconds` is 0 when nothing is."""

    events: int
    waiting: int
    leased: int
    dead: int
    oldest_seconds: float


async def backlog(session: AsyncSession) -> Backlog:
    """Count events and tasks by state, and the age in seconds of the oldest that is due and not dead."""
    row = (
        await session.execute(
            text(
                """
                SELECT
                    (SELECT count(*) FROM outbox_events),
                    count(*) FILTER (WHERE state = 'waiting'),
                    count(*) FILTER (WHERE state = 'leased'),
                    count(*) FILTER (WHERE state = 'dead'),
                    greatest(0, extract(epoch FROM now() - least(
                        min(created_at) FILTER (WHERE state <> 'dead'),
                        (SELECT min(created_at) FROM outbox_events)
                    )))
                FROM tasks
                """
            )
        )
    ).one()
    return Backlog(row[0], row[1], row[2], row[3], float(row[4]))


async def list_tasks(session: AsyncSession, *, state: str | None, limit: int) -> Sequence[Task]:
    """The newest tasks, of one state or of all, at most `limit`."""
    query = select(Task).order_by(Task.id.desc()).limit(limit)
    return (await session.scalars(query.where(Task.state == state) if state else query)).all()


async def retry_dead(session: AsyncSession, *, ids: Sequence[int] | None) -> int:
    """Send dead tasks (these, or all for None) back to work with a fresh count of starts; how many went.

    A dead task whose key waits already is dropped: the waiting one does its work.
    """
    parameters = {"ids": list(ids) if ids is not None else None}
    await session.execute(_DROP_SUPERSEDED, parameters)
    revived = await session.execute(_REVIVE, parameters)
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    return len(revived.all())


_DROP_SUPERSEDED = text(
    """
    DELETE FROM tasks AS old
    WHERE old.state = 'dead' AND (CAST(:ids AS bigint[]) IS NULL OR old.id = ANY(CAST(:ids AS bigint[])))
      AND EXISTS (
        SELECT FROM tasks AS other
        WHERE other.handler = old.handler AND other.key = old.key
          AND (other.state = 'waiting' OR other.state = 'dead' AND other.id > old.id)
      )
    """
)
_REVIVE = text(
    """
    UPDATE tasks SET state = 'waiting', starts = 0, died_at = NULL, run_at = now()
    WHERE state = 'dead' AND (CAST(:ids AS bigint[]) IS NULL OR id = ANY(CAST(:ids AS bigint[])))
    RETURNING id
    """
)
