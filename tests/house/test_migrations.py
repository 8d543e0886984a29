"""The migrations make exactly the tables that the models describe."""

import asyncio
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

import app.tables  # noqa: F401 (fills the metadata)
from app.kit.db import Base
from app.migrate import head, is_current, migrate

_FOLDER = Path(__file__).parents[2] / "migrations"


def test_the_newest_file_is_the_head() -> None:
    assert ScriptDirectory(str(_FOLDER)).get_current_head() == head()


def test_migrating_a_current_database_changes_nothing(db_url: str) -> None:
    assert asyncio.run(is_current(db_url))
    asyncio.run(migrate(db_url))
    assert asyncio.run(is_current(db_url))


def test_the_migrated_database_is_what_the_models_say(db_url: str) -> None:
    def compare(connection: Connection) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), Base.metadata)

    async def differences() -> list[Any]:
        engine = create_async_engine(db_url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(compare)
        finally:
            await engine.dispose()

    assert asyncio.run(differences()) == []
