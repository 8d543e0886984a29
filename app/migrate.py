"""Bring the database to this version's schema."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_FOLDER = Path(__file__).parent.parent / "migrations"
# One number for all of Weizhi's migrations: two processes that start together migrate one after the other.
_LOCK = 8_203_127


def head() -> str:
    """The newest revision this version knows."""
    from alembic.script import ScriptDirectory

    revision = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert revision
    return revision


async def migrate(database_url: str) -> None:
    """Run the migrations that `database_url` has not had. Safe to run from several processes at once."""
    engine = create_async_engine(database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '5s'"))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


if __name__ == "__main__":
    import sys

    asyncio.run(migrate(sys.argv[1]))
