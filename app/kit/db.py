"""PostgreSQL: the engine, transactions at the edge, and the base of every table."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, Protocol

import orjson
from sqlalchemy import BigInteger, CursorResult, DateTime, Delete, MetaData, Update, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.util import greenlet_spawn

from app.kit import log

# Ids are made by the database, so that they are unique and rise over any number of processes:
# milliseconds since 1970 in the high 48 bits, a running number in the low 16 (migration 0001).
Id = Annotated[int, mapped_column(BigInteger, primary_key=True, server_default=text("weizhi_id()"))]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("now()"))]


logger = log.logger(__name__)

_NOTIFY, _TOUCHED = "notify", "touched"
_NOTIFY_SECONDS = 0.01

# Of this process's transactions that say what they change.
numbers = itertools.count()


class Announcer(Protocol):
    """Tells the caches of all processes what changes. Never raises: what cannot be told now is told later.

    `number` names a transaction: what several are about to change has changed when each has told.
    """

    async def warn(self, keys: Collection[str], number: int) -> None:
        """These are about to change."""

    async def tell(self, keys: Collection[str], number: int) -> None:
        """These have changed, or may have."""


class Base(DeclarativeBase):
    """Base of every table. Names of constraints follow one rule, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it as it is)
        int: BigInteger,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


def known_by(*columns: str) -> dict[str, Any]:
    """`__mapper_args__` of a table whose primary key also holds the owner, so that it can be split by it (ADR 0023): a
    session knows its rows by `columns` alone.
    """
    return {"primary_key": columns}


async def count_changed(session: AsyncSession, change: Delete | Update) -> int:
    """Run a change, and give how many rows it changed."""
    done: CursorResult[Any] = await session.execute(change.execution_options(synchronize_session=False))  # type: ignore[assignment]
    return done.rowcount


# Nothing is lost with it, so it need not wait for the disk.
_TELL = "SELECT pg_notify($1, ''), set_config('synchronous_commit', 'off', true)"


class Database:
    """One pool of connections. `transaction` is where work commits; `reading` costs no BEGIN and COMMIT."""

    def __init__(self, url: str, *, pool_size: int, announcer: Announcer | None = None) -> None:
        """`url` is postgresql+asyncpg://…; `pool_size` connections at most, waited for 5 s at most.

        `announcer` hears what transactions `touch`.
        """
        self.announcer = announcer
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=False,
            # The same few connections again and again: each has its own plans and caches to fill.
            pool_use_lifo=True,
            # Parameters hold secrets and words of people: errors are logged, these are not.
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "timeout": 5,
                "command_timeout": 30,
                "server_settings": {"application_name": "weizhi", "statement_timeout": "30s", "jit": "off"},
            },
        )
        self._to_notify: set[str] = set()
        self._notifying: asyncio.Task[None] | None = None
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._readers = async_sessionmaker(
            self.engine.execution_options(isolation_level="AUTOCOMMIT"), expire_on_commit=False, autoflush=False
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: commits when the block ends, rolls back when it raises."""
        touched, number = set[str](), next(numbers)
        try:
            async with self._sessions.begin() as session:
                session.info[_TOUCHED] = touched
                yield session
                if touched and self.announcer:
                    await self.announcer.warn(touched, number)
        finally:
            # Whether it committed is not known when the connection broke: a cache that reads once more is right anyway.
            if touched and self.announcer:
                await self.announcer.tell(touched, number)
        if channels := session.info.get(_NOTIFY):
            self.notify_soon(channels)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for reads alone: each statement sees what is committed when it starts."""
        async with self._readers() as session:
            yield session

    def notify_soon(self, channels: set[str]) -> None:
        """Send a NOTIFY on each channel, outside any transaction: for what has committed."""
        self._to_notify |= channels
        if self._notifying is None or self._notifying.done():
            self._notifying = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        while self._to_notify:
            channels, self._to_notify = self._to_notify, set()
            try:
                connection = await self.engine.raw_connection()
                try:
                    driver: Any = connection.driver_connection
                    for channel in channels:
                        await driver.execute(_TELL, channel)
                finally:
                    await greenlet_spawn(connection.close)
            except Exception:
                logger.warning("could not notify; listeners poll as well", exc_info=True)
            # Who is told looks at all there is: what comes at once is told once.
            await asyncio.sleep(_NOTIFY_SECONDS)

    async def ping(self) -> None:
        """Ask the server for an answer; raises what the driver raises when there is none."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        if self._notifying:
            await self._notifying
        await self.engine.dispose()


def touch(session: AsyncSession, *keys: str) -> None:
    """Say what `session`'s transaction changes: caches let go of it before the commit. Keys as in `kit.changes`."""
    session.info.setdefault(_TOUCHED, set()).update(keys)


def notify_after_commit(session: AsyncSession, channel: str) -> None:
    """Send a NOTIFY once `session`'s transaction has committed; none if it rolls back or the process dies.

    Outside the transaction on purpose: PostgreSQL lets transactions that notify commit one by one only.
    """
    session.info.setdefault(_NOTIFY, set()).add(channel)
