"""The search engines as an operator sees and mends them on a terminal."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.kit.db import Database
from app.search import queue
from app.search.check import Drift, check, repair
from app.search.errors import EngineRefused, SearchUnavailable
from app.search.index import SearchIndex
from app.search.mirror import Contents, Mirror
from app.search.models import SearchWaiting
from app.search.rebuild import count_searchable

_PARKED_SHOWN = 20


async def check_all(
    db: Database,
    index: SearchIndex,
    engines: Sequence[Contents],
    *,
    now: datetime,
    mend: bool,
    progress: Progress,
    console: Console,
) -> bool:
    """Check every engine against PostgreSQL and print what differs; whether nothing did.

    With `mend`, bring it up to date: at once in PostgreSQL, through the worker in another engine.
    """
    fine = True
    for engine in engines:
        bar = progress.add_task(f"核对 · Checking {engine.name}", total=None)
        drift = await check(db, engine, now=now, progress=lambda done, bar=bar: progress.advance(bar, done))  # type: ignore[misc]
        console.print(_told(engine.name, drift))
        if drift and mend:
            await repair(db, index, engine, drift, mirrored=isinstance(engine, Mirror))
            console.print(f"{engine.name}: {len(drift.posts)} posts are brought up to date")
        fine = fine and not drift
    return fine


async def report(db: Database, engines: Sequence[Contents], console: Console) -> bool:
    """Print how each engine does; whether all is well."""
    table = Table("engine", "state", "posts", "should be", "waiting", "oldest", "parked")
    parked: list[SearchWaiting] = []
    well = True
    for engine in engines:
        async with db.reading() as session:
            expected = await count_searchable(session)
            behind = await queue.state_of(session, target=engine.name)
            parked += await queue.list_parked(session, target=engine.name, limit=_PARKED_SHOWN)
        state, held = await _state(engine)
        well = well and state == "ready" and not behind.parked
        numbers = (held, str(expected), str(behind.waiting), f"{behind.oldest_seconds:.0f} s", str(behind.parked))
        table.add_row(engine.name, state, *numbers)
    console.print(table)
    for row in parked:
        console.print(f"parked: post {row.post_id}: {row.error}", soft_wrap=True, markup=False)
    return well


async def retry(db: Database, engines: Sequence[Contents]) -> int:
    """Let what engines refused be sent again; how many posts."""
    async with db.transaction() as session:
        return sum([await queue.retry_parked(session, target=engine.name) for engine in engines])


def _told(name: str, drift: Drift) -> str:
    return (
        f"{name}: {drift.checked} documents should be there; {len(drift.missing)} missing, {len(drift.stale)} stale, "
        f"{len(drift.extra) + len(drift.stray_jobs)} too many"
    )


async def _state(engine: Contents) -> tuple[str, str]:
    try:
        state = await engine.state() if isinstance(engine, Mirror) else "ready"
        return state, "" if state == "missing" else str((await engine.count())[0])
    except (SearchUnavailable, EngineRefused) as error:
        return f"does not answer: {error.__cause__ or error}", ""
