"""What a second engine has still to be told: posts, by the engine's name. Rows go only once it has them.

A row holds no content: whoever works it off reads the post as it is then. What changes again meanwhile gets a new
`rev`, so that finishing the older work leaves it waiting.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import UUID as PgUuid
from sqlalchemy.ext.asyncio import AsyncSession

from app.search.models import SearchWaiting

_MOST_ERROR = 2000

_PUT = text(
    """
    INSERT INTO search_waiting (target, post_id)
    SELECT target, post_id FROM unnest(CAST(:targets AS text[])) AS target,
        (SELECT DISTINCT post_id FROM unnest(CAST(:ids AS bigint[])) AS post_id ORDER BY post_id) AS posts
    ON CONFLICT (target, post_id) DO UPDATE SET rev = excluded.rev, error = NULL, parked_at = NULL,
        queued_at = CASE WHEN search_waiting.parked_at IS NULL THEN search_waiting.queued_at ELSE excluded.queued_at END
    """
)
_FINISH = text(
    """
    DELETE FROM search_waiting USING unnest(:ids, :revs) AS done (post_id, rev)
    WHERE target = :target AND search_waiting.post_id = done.post_id AND search_waiting.rev = done.rev
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("revs", type_=ARRAY(PgUuid(as_uuid=True))))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row as it was when its work began."""

    post_id: int
    rev: UUID


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many posts wait, since when at the longest, and how many are parked because they were refused."""

    waiting: int
    parked: int
    oldest_seconds: float


async def put(session: AsyncSession, *, targets: Collection[str], post_ids: Collection[int]) -> None:
    """Let every target be told of these posts, parked ones included, once `session`'s transaction commits."""
    if targets and post_ids:
        await session.execute(_PUT, {"targets": [*targets], "ids": [*post_ids]})


async def claim(session: AsyncSession, *, target: str, limit: int) -> list[Claimed]:
    """The rows that wait longest. They are nobody else's: the caller holds the writer's lock."""
    rows = await session.execute(
        select(SearchWaiting.post_id, SearchWaiting.rev)
        .where(SearchWaiting.target == target, SearchWaiting.parked_at.is_(None))
        .order_by(SearchWaiting.queued_at, SearchWaiting.post_id)
        .limit(limit)
    )
    return [Claimed(*row) for row in rows]


async def load(session: AsyncSession, *, target: str, post_ids: Collection[int]) -> list[Claimed]:
    """The rows of these posts, parked ones included."""
    ids = bindparam("ids", [*post_ids], type_=ARRAY(BigInteger))
    rows = select(SearchWaiting.post_id, SearchWaiting.rev).where(SearchWaiting.target == target)
    return [Claimed(*row) for row in await session.execute(rows.where(SearchWaiting.post_id == any_(ids)))]


async def finish(session: AsyncSession, *, target: str, claimed: Sequence[Claimed]) -> None:
    """Drop exactly these rows; what changed since stays."""
    parameters = {"target": target, "ids": [row.post_id for row in claimed], "revs": [row.rev for row in claimed]}
    await session.execute(_FINISH, parameters)


async def park(session: AsyncSession, *, target: str, row: Claimed, error: str) -> None:
    """Set a refused post aside, with the reason, until it changes or somebody asks for another try."""
    refused = SearchWaiting.target == target, SearchWaiting.post_id == row.post_id, SearchWaiting.rev == row.rev
    await session.execute(update(SearchWaiting).where(*refused).values(error=error[:_MOST_ERROR], parked_at=func.now()))


async def retry_parked(session: AsyncSession, *, target: str) -> int:
    """Let everything parked be tried again; how many that are."""
    parked = update(SearchWaiting).where(SearchWaiting.target == target, SearchWaiting.parked_at.is_not(None))
    again = parked.values(error=None, parked_at=None, queued_at=func.now()).returning(SearchWaiting.post_id)
    return len((await session.scalars(again)).all())


async def list_parked(session: AsyncSession, *, target: str, limit: int) -> Sequence[SearchWaiting]:
    """What was refused last, and why."""
    parked = select(SearchWaiting).where(SearchWaiting.target == target, SearchWaiting.parked_at.is_not(None))
    return (await session.scalars(parked.order_by(SearchWaiting.parked_at.desc()).limit(limit))).all()


async def state_of(session: AsyncSession, *, target: str) -> QueueState:
    """How far a target is behind."""
    waiting = SearchWaiting.parked_at.is_(None)
    age = func.extract("epoch", func.now() - func.min(SearchWaiting.queued_at).filter(waiting))
    counted = select(func.count().filter(waiting), func.count().filter(~waiting), func.coalesce(age, 0))
    row = (await session.execute(counted.where(SearchWaiting.target == target))).one()
    return QueueState(row[0], row[1], float(row[2]))
