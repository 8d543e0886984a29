"""What goes straight through the driver, where SQLAlchemy would cost ten times what the statement does.

A `Work` runs `Plain` statements and gives the driver's rows. It is either a connection alone, on which each statement
is a transaction of its own until `begin`, or the connection of a session, in its transaction.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import manager_of_class
from sqlalchemy.util import greenlet_spawn

from app.kit.db import Announcer, Base, Database, notify_after_commit, numbers, touch

Row = TypeVar("Row", bound=Base)
# How a read is asked, wherever it goes through: `Work.rows`, or `through` a session. Rows are read by place.
Fetch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]

_BEGIN = text("SELECT 1")
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class Plain:
    """SQL with `:named` parameters, numbered once as PostgreSQL wants them.

    Lists of ids are best written as `any_of` says: else PostgreSQL, which knows how long a list is, plans each time
    anew for it, and that costs ten times what finding the rows does.
    """

    def __init__(self, sql: str) -> None:
        self.text = text(sql)
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(sql)))
        numbers = {name: f"${number}" for number, name in enumerate(self.names, 1)}
        self.sql = _PARAMETER.sub(lambda match: numbers[match[1]], sql)


def any_of(name: str, kind: str = "bigint") -> str:
    """`= ANY(…)` of a parameter that holds a list, written so that one plan is good for all of them."""
    return f"= ANY({listed(name, kind)})"


def listed(name: str, kind: str = "bigint") -> str:
    """A parameter that holds a list, for `unnest`; as `any_of`."""
    return f"CAST((SELECT CAST(:{name} AS {kind}[])) AS {kind}[])"


def through(session: AsyncSession) -> Fetch:
    """Reads through a session, in its transaction."""

    async def fetch(statement: Plain, **values: Any) -> Sequence[Any]:
        return (await session.execute(statement.text, values)).all()

    return fetch


@dataclass(slots=True)
class Work:
    """Where a request writes. `open_session` gives the session it goes through, if there is one."""

    driver: Any
    session: AsyncSession | None = None
    channels: set[str] = field(default_factory=set)
    begun: bool = False
    announcer: Announcer | None = None
    touched: set[str] = field(default_factory=set)
    number: int = field(default_factory=numbers.__next__)

    async def rows(self, statement: Plain, **values: Any) -> Sequence[Any]:
        """Every row of a statement."""
        found: Sequence[Any] = await self.driver.fetch(statement.sql, *[values[name] for name in statement.names])
        return found

    async def row(self, statement: Plain, **values: Any) -> Any:
        """The first row of a statement, or None."""
        return await self.driver.fetchrow(statement.sql, *[values[name] for name in statement.names])

    async def begin(self) -> None:
        """From here on all that is written is written together, when the work ends: for more than one statement."""
        if self.session is None and not self.begun:
            await self.driver.execute("BEGIN")
            self.begun = True

    async def touch(self, *keys: str) -> None:
        """`kit.db.touch`. To be awaited before what it is about is written: that may commit at once."""
        if self.session is not None:
            touch(self.session, *keys)
        elif self.announcer is not None:
            self.touched.update(keys)
            await self.announcer.warn(keys, self.number)

    def touch_new(self, *keys: str) -> None:
        """`touch` of what had no name before it was written, so that only a guess can have been cached."""
        if self.session is not None:
            touch(self.session, *keys)
        else:
            self.touched.update(keys)

    def notify_after_commit(self, channel: str) -> None:
        """`kit.db.notify_after_commit`."""
        if self.session is not None:
            notify_after_commit(self.session, channel)
        else:
            self.channels.add(channel)

    @property
    def open_session(self) -> AsyncSession:
        """The session, for what goes through one; only a work made by `work_of` has it."""
        assert self.session is not None, "this work goes without a session"
        return self.session


class OneByOne(Work):
    """A work that takes a connection for each statement, and gives it back: where there is one now and then."""

    def __init__(self, db: Database) -> None:
        super().__init__(None)
        self._db = db

    async def rows(self, statement: Plain, **values: Any) -> Sequence[Any]:
        async with working(self._db) as work:
            return await work.rows(statement, **values)


@asynccontextmanager
async def working(db: Database) -> AsyncIterator[Work]:
    """A connection without a session: what it begins is committed when the block ends, undone when it raises."""
    proxied = await db.engine.raw_connection()
    work = Work(proxied.driver_connection, announcer=db.announcer)
    try:
        yield work
        if work.begun:
            await work.driver.execute("COMMIT")
    except BaseException as error:
        if not isinstance(error, Exception) or not await _undone(work.driver):
            # Cancelled in the middle of something, or broken: nobody else should get it.
            await greenlet_spawn(proxied.invalidate)
        raise
    finally:
        await greenlet_spawn(proxied.close)
        if work.touched and db.announcer:
            await db.announcer.tell(work.touched, work.number)
    if work.channels:
        db.notify_soon(work.channels)


@asynccontextmanager
async def writing(db: Database) -> AsyncIterator[Work]:
    """The same with a session, for writes that need more than statements: one transaction."""
    async with db.transaction() as session:
        yield await work_of(session)


async def _undone(driver: Any) -> bool:
    """Roll back what is open; whether the connection can be used again."""
    try:
        if driver.is_in_transaction():
            await driver.execute("ROLLBACK")
    except Exception:
        return False
    return not driver.is_closed()


async def work_of(session: AsyncSession) -> Work:
    """A session's connection as a `Work`, in the session's transaction and after what it has to flush."""
    await session.flush()
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():
        # SQLAlchemy begins with the first statement that it sends itself.
        await session.execute(_BEGIN)
    return Work(driver, session)


@cache
def columns(kind: type[Base], *, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of a table's columns, for `SELECT` and `unattached`."""
    return tuple(column.key for column in kind.__table__.columns if column.key not in but)


def unattached(kind: type[Row], values: dict[str, Any]) -> Row:
    """An instance that holds `values`, belongs to no session and is never written."""
    row: Row = manager_of_class(kind).new_instance()
    # Not through the attributes: these would note forty changes, for nobody.
    row.__dict__.update(values)
    return row


def attached(session: AsyncSession, row: Row) -> Row:
    """`row`, written by a statement of `session`'s, as the session would have it had it read the row."""
    make_transient_to_detached(row)
    session.add(row)
    return row
