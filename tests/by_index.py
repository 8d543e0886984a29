"""Plans as they will be when tables are large: what rows a request touches can be counted with few."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import make_url

from app.kit.dsn import driver_url
from tests.quick import forget_plans

_OF_SMALL_TABLES = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material")
# Tables are empty between tests, but what was in them still lies about: in their size, in their indexes.
_NEW_FILES = """
DO $$ BEGIN EXECUTE (
    SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
); END $$
"""


@asynccontextmanager
async def going_by_index(url: str) -> AsyncIterator[None]:
    """Let a database go by its indexes although its tables are small.

    Connections take that up when they open, and keep it: those from before and those from meanwhile are closed.
    """
    name = make_url(url).database
    await _run(url, [_NEW_FILES])
    await _run(url, [f'ALTER DATABASE "{name}" SET {plan} = off' for plan in _OF_SMALL_TABLES])
    try:
        yield
    finally:
        await _run(url, [f'ALTER DATABASE "{name}" RESET ALL'])


async def _run(url: str, statements: list[str]) -> None:
    connection = await asyncpg.connect(driver_url(url))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
    await forget_plans()
