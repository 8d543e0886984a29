"""What PostgreSQL does for a search: the statements it is asked, and their plans."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import asyncpg
from sqlalchemy import event

from app.kit.db import Database
from app.kit.dsn import driver_url

_SEQ_SCAN = re.compile(r"Seq Scan on (?P<table>\w+)\b.*actual rows=(?P<rows>[\d.]+)")
_REMOVED = re.compile(r"Rows Removed by Filter: (\d+)")
# Reading one of these from end to end takes longer, the more there is.
GROWING = ("search_posts", "search_jobs", "search_words", "search_terms", "search_term_starts", "search_accounts")


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement as the driver was given it."""

    sql: str
    parameters: tuple[Any, ...]


@contextmanager
def overheard(db: Database) -> Iterator[list[Asked]]:
    """The reads that `db` is asked meanwhile."""
    heard: list[Asked] = []

    def hear(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            heard.append(Asked(statement, tuple(parameters)))

    engine = db.engine.sync_engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


async def explain(database_url: str, asked: Asked) -> list[str]:
    """The plan, with what it did."""
    connection = await asyncpg.connect(driver_url(database_url))
    try:
        sql = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {asked.sql}"
        return [row[0] for row in await connection.fetch(sql, *asked.parameters)]
    finally:
        await connection.close()


def reads(plan: list[str]) -> list[str]:
    """How a plan gets at tables, in short."""
    lines = [line.strip().removeprefix("->").strip() for line in plan]
    found = [line.split("  (")[0] for line in lines if " Scan" in line.split("  (")[0]]
    return [*dict.fromkeys(line for line in found if not line.startswith(("CTE", "Subquery", "Function", "Result")))]


def scans(plan: list[str], *, wasted: bool = True) -> set[str]:
    """The tables that a plan reads from end to end; `wasted`: only where most of what was read was not wanted."""
    found = set()
    for number, line in enumerate(plan):
        read = _SEQ_SCAN.search(line)
        if read and read["table"] in GROWING:
            own = list(takewhile(lambda below: "->" not in below, plan[number + 1 :]))
            removed = sum(float(match[1]) for below in own if (match := _REMOVED.search(below)))
            if not wasted or removed > float(read["rows"]):
                found.add(read["table"])
    return found
