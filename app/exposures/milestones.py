"""Telling, once each, that a job was shown to 100, 1,000, 10,000 readers and so on."""

from collections.abc import Mapping

from sqlalchemy import text

from app.exposures.events import JobReached
from app.exposures.reach import milestones
from app.kit.db import Database
from app.kit.generations import Generations
from app.outbox.publish import publish_all

_MARK = text(
    """
    INSERT INTO reach_milestones (root_id, reach)
    SELECT :root_id, unnest(CAST(:passed AS bigint[])) ORDER BY 2
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_JOB = text("SELECT id FROM jobs WHERE post_id = :root_id")
_MOST_KNOWN = 20_000


class Milestones:
    """What one process knows to be told; PostgreSQL knows it for all."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._told: Generations[int, int] = Generations(_MOST_KNOWN)

    async def tell(self, counts: Mapping[int, int]) -> None:
        """Publish what the number of readers of each root has passed and nobody told of."""
        for root_id, count in counts.items():
            passed = milestones(count)
            if not passed or self._told.get(root_id) == passed[-1]:
                continue
            async with self._db.transaction() as session:
                new = (await session.scalars(_MARK, {"root_id": root_id, "passed": passed})).all()
                job_id = await session.scalar(_JOB, {"root_id": root_id}) if new else None
                if job_id is not None:
                    events = [JobReached(job_id, milestone_id) for milestone_id in sorted(new)]
                    await publish_all(session, events, actor_id=None)
            self._told.put(root_id, passed[-1])
