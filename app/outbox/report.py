"""The outbox as an operator sees it on a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from app.kit.db import Database
from app.outbox import queries


async def report_tasks(database_url: str, console: Console, *, state: str | None, limit: int) -> None:
    """Print the backlog and the newest tasks."""
    db = Database(database_url, pool_size=1)
    try:
        async with db.reading() as session:
            held = await queries.backlog(session)
            found = await queries.list_tasks(session, state=state, limit=limit)
    finally:
        await db.close()
    console.print(
        f"events {held.events} · waiting {held.waiting} · leased {held.leased} · dead {held.dead}"
        f" · oldest {held.oldest_seconds:.0f} s"
    )
    if not found:
        return
    table = Table("id", "handler", "key", "state", "starts", "next run", "request", "error")
    for task in found:
        next_run = "" if task.state == "dead" else f"{task.run_at:%Y-%m-%d %H:%M:%S}"
        error = (task.error or "").splitlines()[0][:120] if task.error else ""
        row = (task.id, task.handler, task.key, task.state, task.starts, next_run, task.request_id or "", error)
        table.add_row(*map(str, row))
    console.print(table)


async def retry(database_url: str, *, ids: Sequence[int] | None) -> int:
    """Send dead tasks (all for None) back to work; how many went."""
    db = Database(database_url, pool_size=1)
    try:
        async with db.transaction() as session:
            return await queries.retry_dead(session, ids=ids)
    finally:
        await db.close()
