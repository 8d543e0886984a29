"""Reads that may be a moment old, from PostgreSQL's replicas where there are some."""

import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log
from app.kit.db import Database

logger = log.logger(__name__)

Found = TypeVar("Found")

# How old an answer may be: a replica further behind, or cut off from the primary, is passed over.
_OLDEST_SECONDS = 5.0
_CHECKED_SECONDS = 2.0
_AWAY_SECONDS = 5.0
_AGE = text(
    """
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0
        WHEN NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming') THEN NULL
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
        ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END
    """
)


class _Replica:
    def __init__(self, url: str, pool_size: int) -> None:
        self.db = Database(url, pool_size=pool_size)
        self._good_until = 0.0
        self.away_until = 0.0

    async def is_current(self) -> bool:
        """Whether it is close behind the primary, as far as is known from the last seconds."""
        if (started := time.monotonic()) < self._good_until:
            return True
        async with self.db.reading() as session:
            age = await session.scalar(_AGE)
        if age is None or age > _OLDEST_SECONDS:
            return False
        self._good_until = started + _CHECKED_SECONDS
        return True

    def failed(self) -> None:
        self._good_until, self.away_until = 0.0, time.monotonic() + _AWAY_SECONDS


class Replicas:
    """The replicas in turn, and the primary where none will do. Never for a request that writes, nor for what is
    somebody's own: they expect to find what they just did."""

    def __init__(self, primary: Database, urls: Sequence[str] = (), *, pool_size: int = 5) -> None:
        """`urls` as the primary's; `pool_size` connections at most to each."""
        self._primary = primary
        self._replicas = [_Replica(url, pool_size) for url in urls]
        self._turn = count()

    async def read(self, work: Callable[[AsyncSession], Awaitable[Found]]) -> Found:
        """What `work` reads. It runs again, on the primary, where a replica fails: it must do nothing but read."""
        replica = self._next()
        if replica is not None:
            try:
                if await replica.is_current():
                    async with replica.db.reading() as session:
                        return await work(session)
                logger.warning("a replica is too far behind")
            except (DBAPIError, PoolTimeout, OSError) as error:
                logger.warning("a replica does not answer", error=type(error).__name__)
            replica.failed()
        async with self._primary.reading() as session:
            return await work(session)

    async def close(self) -> None:
        """Close every connection to replicas."""
        for replica in self._replicas:
            await replica.db.close()

    def _next(self) -> _Replica | None:
        moment = time.monotonic()
        here = [replica for replica in self._replicas if replica.away_until <= moment]
        return here[next(self._turn) % len(here)] if here else None
