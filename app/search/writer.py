"""The one writer of an engine besides PostgreSQL, in whichever worker gets to it first.

It works off the queue in large batches: reads each post as it is now, tells the engine, waits until it can be found,
and only then drops the rows. Because there is one writer, and it tells states and not changes, nothing that comes
late, twice or out of order can do harm.
"""

import asyncio
import time

from app.kit import log
from app.kit.db import Database
from app.search.errors import SearchUnavailable
from app.search.mirror import Mirror
from app.search.rebuild import build_mirror
from app.search.sending import Alone, send_waiting, writing

logger = log.logger(__name__)

_IDLE_SECONDS = 0.25
_STANDBY_SECONDS = 2.0
_LOOK_SECONDS = 30.0
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


async def keep(db: Database, mirror: Mirror) -> None:
    """Keep `mirror` up to date until cancelled: build it where it is missing or outdated, then follow the queue.

    Whatever happens to the engine or the connection, it goes on after a pause.
    """
    failures = 0
    while True:
        try:
            async with writing(db, target=mirror.name, wait=False) as alone:
                if alone is None:
                    await asyncio.sleep(_STANDBY_SECONDS)
                    continue
                await look_after(db, mirror)
                failures = 0
                await _follow(db, mirror, alone)
        except Exception as error:
            away = isinstance(error, SearchUnavailable)
            tell = logger.warning if away else logger.exception
            tell("the search engine is not kept up to date", engine=mirror.name, error=repr(error.__cause__ or error))
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1


async def _follow(db: Database, mirror: Mirror, alone: Alone) -> None:
    looked_at = time.monotonic()
    while not await alone.is_wanted():
        if time.monotonic() - looked_at > _LOOK_SECONDS:
            await look_after(db, mirror)
            looked_at = time.monotonic()
        if not await send_waiting(db, target=mirror.name, indexes=[mirror]):
            await asyncio.sleep(_IDLE_SECONDS)


async def look_after(db: Database, mirror: Mirror) -> None:
    """Build `mirror` where it is missing, lost or outdated. Searches are answered elsewhere until it is there."""
    state = await mirror.state()
    if state != "ready":
        logger.warning("building the search index", engine=mirror.name, state=state)
        await build_mirror(db, mirror, lambda done, total: None)
        logger.info("built the search index", engine=mirror.name)
