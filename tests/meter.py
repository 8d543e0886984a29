"""What requests cost, counted: SQL statements, Valkey round trips, rows that PostgreSQL touched."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from asyncpg import Connection
from sqlalchemy import event

from app.bootstrap import Resources
from app.kit.dsn import driver_url
from app.kit.valkey_link import Link
from app.kit.valkey_wire import Waiter

_TOUCHED = """
SELECT (SELECT coalesce(sum(seq_tup_read + n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables)
     + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes)
"""


class Meter:
    """Counts what requests cost since its last reset."""

    def __init__(self, resources: Resources) -> None:
        self.statements: list[str] = []
        self.round_trips = 0
        self.connections: dict[int, Any] = {}
        self._db = resources.db
        assert resources.settings.database_url
        self._url = resources.settings.database_url.get_secret_value()

    @property
    def cost(self) -> tuple[int, int]:
        """(SQL statements, Valkey round trips)."""
        return len(self.statements), self.round_trips

    def reset(self) -> None:
        self.statements.clear()
        self.round_trips = 0

    async def rows(self) -> int:
        """Rows and index entries read, and rows written, since the database was made."""
        if self._db._notifying:
            # The worker is woken after the answer.
            await self._db._notifying
        for connection in self.connections.values():
            # What a connection did, it tells before it is ready for the next question, if asked to.
            await connection.fetchval("SELECT pg_stat_force_next_flush()")
        watcher = await asyncpg.connect(driver_url(self._url))
        try:
            return int(await watcher.fetchval(_TOUCHED))
        finally:
            await watcher.close()


@contextmanager
def metered(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meter]:
    """A meter of everything that `resources` are asked."""
    counted = Meter(resources)
    begin, execute = Link.begin, Connection._execute

    def counting_begin(self: Link, waiter: Waiter, *args: Any) -> bool:
        # A script is sent as a whole once in a server's life: which test comes first does not matter here.
        counted.round_trips += args[0] != "EVAL"
        return begin(self, waiter, *args)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Waking the worker happens after the answer, for many requests at once.
        if "pg_notify" not in statement:
            counted.statements.append(statement)

    async def counting_execute(self: Connection, query: str, *args: Any, **options: Any) -> Any:
        if "pg_stat" not in query and "pg_notify" not in query:
            counted.statements.append(query)
        return await execute(self, query, *args, **options)

    def lent(dbapi: Any, *_: Any) -> None:
        counted.connections[id(dbapi)] = dbapi.driver_connection

    # What goes straight through the driver.
    monkeypatch.setattr(Connection, "_execute", counting_execute)
    monkeypatch.setattr(Link, "begin", counting_begin)
    engine = resources.db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "checkout", lent)
    yield counted
    event.remove(engine, "checkout", lent)
    event.remove(engine, "before_cursor_execute", note)
