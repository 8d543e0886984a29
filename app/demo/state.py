"""How far a database is: asked at every start, so it imports next to nothing."""

from pathlib import Path

import asyncpg

from app.kit.dsn import driver_url
from app.migrate import is_current

# A file in the data folder while the demo world is loaded but not yet indexed: a stop in between must not
# leave search empty.
UNINDEXED = "demo-unindexed"


async def is_ready(database_url: str, data: Path) -> bool:
    """Whether nothing is left to prepare: this version's schema, people in it, and all of it indexed."""
    return await is_current(database_url) and await has_people(database_url) and not data.joinpath(UNINDEXED).exists()


async def has_people(database_url: str) -> bool:
    """Whether a migrated database has any account."""
    connection = await asyncpg.connect(driver_url(database_url), timeout=10)
    try:
        found: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM accounts)")
        return found
    finally:
        await connection.close()
