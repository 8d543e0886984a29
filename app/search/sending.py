"""Telling an engine besides PostgreSQL what the queue holds. One process at a time may: see `writing`."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kit.db import Database
from app.search import queue
from app.search.documents import Documents, load_documents
from app.search.errors import EngineRefused, SearchUnavailable
from app.search.index import SearchIndex

_AT_ONCE = 500
_LOCK_CLASS = 8_203_129
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:class, hashtext(:name))")
_LOCK = text("SELECT pg_advisory_lock(:class, hashtext(:name))")
_UNLOCK = text("SELECT pg_advisory_unlock(:class, hashtext(:name))")
_WANTED = text(
    """
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND NOT granted AND objsubid = 2
            AND classid = CAST(CAST(:class AS int) AS oid) AND objid = CAST(hashtext(:name) AS oid)
    )
    """
)
_LOCK_NOT_AVAILABLE = "55P03"


class Alone:
    """That nobody else writes to the engine, as long as its connection lives."""

    def __init__(self, connection: AsyncConnection, name: dict[str, Any]) -> None:
        self._connection, self._name = connection, name

    async def is_wanted(self) -> bool:
        """Whether somebody waits to write. Raises when the connection is gone, and the lock with it."""
        return bool(await self._connection.scalar(_WANTED, self._name))


@asynccontextmanager
async def writing(db: Database, *, target: str, wait: bool) -> AsyncIterator[Alone | None]:
    """Be the one who writes to `target`. Who is at it already steps aside for one who waits; without `wait`, None."""
    name = {"class": _LOCK_CLASS, "name": target}
    async with db.engine.connect() as opened:
        # Otherwise the lock would keep a transaction open for as long as somebody writes.
        connection = await opened.execution_options(isolation_level="AUTOCOMMIT")
        if not await (_wait_for_lock(connection, name) if wait else connection.scalar(_TRY_LOCK, name)):
            yield None
            return
        try:
            yield Alone(connection, name)
        finally:
            # A connection that died, or was cut off in a statement, has let go of the lock already.
            with suppress(SQLAlchemyError):
                await connection.execute(_UNLOCK, name)


async def _wait_for_lock(connection: AsyncConnection, name: dict[str, Any]) -> bool:
    # In short waits: the driver gives up a statement after half a minute, and an index may be in building for longer.
    await connection.execute(text("SET lock_timeout = '5s'"))
    while True:
        try:
            await connection.execute(_LOCK, name)
            break
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
    await connection.execute(text("RESET lock_timeout"))
    return True


async def send_waiting(db: Database, *, target: str, indexes: Sequence[SearchIndex]) -> int:
    """Tell `indexes` of the posts that wait longest, 500 at most, and drop their rows; how many they were.

    What is refused is parked, alone. Raises SearchUnavailable, and then every row stays. The caller is `writing`.
    """
    async with db.reading() as session:
        claimed = await queue.claim(session, target=target, limit=_AT_ONCE)
    if not claimed:
        return 0
    refused = await send(db, post_ids=[row.post_id for row in claimed], indexes=indexes)
    async with db.transaction() as session:
        done = [row for row in claimed if row.post_id not in refused]
        await queue.finish(session, target=target, claimed=done)
        for row in claimed:
            if row.post_id in refused:
                await queue.park(session, target=target, row=row, error=refused[row.post_id])
    return len(claimed)


async def send(
    db: Database, *, post_ids: Sequence[int], indexes: Sequence[SearchIndex], absent: bool = True
) -> dict[int, str]:
    """Bring posts and their jobs up to date in `indexes`; those that were refused, with the reason.

    Whatever a batch was refused for is found by halves. `absent` False: the indexes are new, so nothing need be taken
    out. Raises SearchUnavailable.
    """
    async with db.reading() as session:
        documents = await load_documents(session, post_ids=post_ids)
    if not absent:
        documents.absent_posts, documents.absent_jobs = [], []
    try:
        for index in indexes:
            await _tell(index, documents)
    except EngineRefused as error:
        if len(post_ids) == 1:
            return {post_ids[0]: str(error)}
        middle = len(post_ids) // 2
        first = await send(db, post_ids=post_ids[:middle], indexes=indexes, absent=absent)
        return first | await send(db, post_ids=post_ids[middle:], indexes=indexes, absent=absent)
    return {}


async def _tell(index: SearchIndex, documents: Documents) -> None:
    """Send all at once, four tasks at most: the engine makes one piece of work of those for one index."""
    # None is left running: the next round must not overtake it.
    results = await asyncio.gather(*(write() for write in documents.writes(index)), return_exceptions=True)
    failures = [result for result in results if result is not None]
    failures.sort(key=lambda failure: isinstance(failure, SearchUnavailable), reverse=True)
    if failures:
        raise failures[0]
