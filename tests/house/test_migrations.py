"""The migrations make exactly the tables that the models describe."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import create_async_engine

import app.tables  # noqa: F401 (fills the metadata)
from app.kit.db import Base
from app.migrate import head, is_current, migrate

T = TypeVar("T")
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

    assert asyncio.run(_of(db_url, compare)) == []


def test_the_migrated_primary_keys_are_what_the_models_say(db_url: str) -> None:
    def keys(connection: Connection) -> dict[str, list[str]]:
        # Alembic compares all but these.
        look = inspect(connection)
        return {name: look.get_pk_constraint(name)["constrained_columns"] for name in Base.metadata.tables}

    said = {name: [column.name for column in table.primary_key] for name, table in Base.metadata.tables.items()}
    assert asyncio.run(_of(db_url, keys)) == said


async def _of(db_url: str, look: Callable[[Connection], T]) -> T:
    engine = create_async_engine(db_url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(look)
    finally:
        await engine.dispose()
