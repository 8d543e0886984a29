"""Bring the database to this version's schema.

What only asks how things stand imports neither SQLAlchemy nor Alembic: every start of the service asks.
"""

import asyncio
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from app.kit.dsn import driver_url

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FOLDER = Path(__file__).parent.parent / "migrations"
# One number for all of Weizhi's migrations: two processes that start together migrate one after the other.
_LOCK = 8_203_127


@cache
def head() -> str:
    """The newest revision this version knows: its file is named by it, and revisions only rise."""
    return max(file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*_*.py"))


async def is_current(database_url: str) -> bool:
    """Whether the database has this version's schema already."""
    connection = await asyncpg.connect(driver_url(database_url), timeout=10)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version') IS NULL"):
            return False
        current: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return current == head()
    finally:
        await connection.close()


async def migrate(database_url: str) -> None:
    """Run the migrations that `database_url` has not had. Safe to run from several processes at once."""
    if await is_current(database_url):
        return

    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: "Connection") -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import text

    connection.execute(text("SET lock_timeout = '5s'"))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


if __name__ == "__main__":
    asyncio.run(migrate(sys.argv[1]))
