"""Rows that name others without a foreign key (ADR 0023). PostgreSQL does not look after these: `find_dangling` does.

A column says so by its `info`: "names" is the table whose id it holds; "with", where both have one owner, the column
here and the one there that must be the same as well.
"""

from collections.abc import Iterator

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.db import Base


async def find_dangling(session: AsyncSession) -> dict[str, int]:
    """By "table.column" how many rows name what is not there, and by "table" how many have an id that another has too.

    Reads whole tables: for operators and tests. Empty when all is well.
    """
    found = {}
    for name, question in _questions():
        if count := await session.scalar(text(question)):
            found[name] = int(count)
    return found


def _questions() -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        if _is_known_by_id(table):
            yield table.name, f"SELECT count(*) - count(DISTINCT id) FROM {table.name}"
        for column in table.columns:
            if above := column.info.get("names"):
                theirs = f"above.id = mine.{column.name}"
                if owners := column.info.get("with"):
                    theirs += f" AND above.{owners[1]} = mine.{owners[0]}"
                yield (
                    f"{table.name}.{column.name}",
                    f"SELECT count(*) FROM {table.name} AS mine WHERE mine.{column.name} IS NOT NULL"
                    f" AND NOT EXISTS (SELECT FROM {above} AS above WHERE {theirs})",
                )


def _is_known_by_id(table: Table) -> bool:
    keys = {column.name for column in table.primary_key}
    return "id" in keys and len(keys) > 1
