"""What operators do with the search engines, and with rows, from the command line."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.rule import Rule

from app.alerts.service import derive_all
from app.bootstrap import open_resources
from app.kit.clock import now
from app.kit.db import Database
from app.kit.references import find_dangling
from app.organizations.review import list_pending
from app.search import care
from app.search.rebuild import build_mirror, rebuild
from app.search.sending import writing
from app.settings import Settings


async def rebuild_index(settings: Settings, console: Console) -> None:
    """Index every post and job anew, in every engine, with a progress bar for each, and read saved searches anew.

    Searches go on meanwhile.
    """
    with progress_on(console) as progress:
        bar = progress.add_task("索引 · Indexing", total=None)

        def show(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        async with open_resources(settings) as resources:
            await rebuild(resources.db, resources.own_index, show)
            await derive_all(resources.db, now=now())
            if resources.mirror:
                bar = progress.add_task(f"索引 · Indexing ({resources.mirror.name})", total=None)
                async with writing(resources.db, target=resources.mirror.name, wait=True):
                    await build_mirror(resources.db, resources.mirror, show)


async def check_index(settings: Settings, console: Console, *, repair: bool) -> bool:
    """Hold every engine against PostgreSQL and tell what differs, and `repair` it; whether nothing did."""
    with progress_on(console) as progress:
        async with open_resources(settings) as resources:
            return await care.check_all(
                resources.db,
                resources.own_index,
                resources.search_engines,
                now=now(),
                mend=repair,
                progress=progress,
                console=console,
            )


async def report_index(settings: Settings, console: Console) -> bool:
    """Tell how every engine does; whether all is well."""
    async with open_resources(settings) as resources:
        return await care.report(resources.db, resources.search_engines, console)


async def report_pending(settings: Settings, console: Console, *, limit: int) -> None:
    """Show the organisations that ask to be verified, with what they showed."""
    async with open_resources(settings) as resources, resources.db.reading() as session:
        pending = await list_pending(session, limit=limit)
    if not pending:
        console.print("Nothing waits to be verified")
    for one, organization in pending:
        # One below the other: an id that is cut off at the screen's edge verifies nobody.
        told = {
            "id": str(organization.id),
            "name": organization.name,
            "url": organization.url,
            "says of itself": organization.profile,
            "credit code": one.credit_code,
            "licence": one.license_no,
            "domain": one.domain,
            "evidence": one.evidence,
            "evidence at": one.evidence_url,
            "since": f"{one.submitted_at:%Y-%m-%d %H:%M} UTC",
        }
        console.print(Rule())
        for name, value in told.items():
            if value:
                console.print(f"{name + ':':<16}{escape(value)}", soft_wrap=True, highlight=False)


async def retry_index(settings: Settings) -> int:
    """Send again what engines refused; how many posts."""
    async with open_resources(settings) as resources:
        return await care.retry(resources.db, resources.search_engines)


async def check_rows(database_url: str, console: Console) -> bool:
    """Tell which rows name what is not there; whether none does."""
    db = Database(database_url, pool_size=1)
    try:
        async with db.reading() as session:
            found = await find_dangling(session)
    finally:
        await db.close()
    for name, count in found.items():
        console.print(f"{name}: {count}")
    return not found


def progress_on(console: Console) -> Progress:
    """Bars that count."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
