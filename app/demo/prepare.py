"""Getting a database ready: migrate, and fill a new one with the demo world and its search index."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.bootstrap import open_resources
from app.demo.load import DemoSummary, load, write_logins
from app.demo.plan import Plan
from app.demo.state import UNINDEXED, has_people
from app.kit.clock import now
from app.migrate import migrate
from app.search.rebuild import build_mirror, rebuild
from app.search.sending import writing
from app.settings import Settings

LOGINS = "demo-logins.json"


async def prepare(settings: Settings, database_url: str) -> None:
    """Migrate; build the demo world if there is nobody yet. Interrupted in between, the next call goes on."""
    await migrate(database_url)
    if not await has_people(database_url):
        await build_demo(settings, database_url, people=2000, seed=1)
    elif settings.data.joinpath(UNINDEXED).exists():
        await rebuild_index(settings, Console())


async def build_demo(settings: Settings, database_url: str, *, people: int, seed: int) -> DemoSummary:
    """Fill an empty, migrated database, tell the logins in the data folder, and index everything.

    Raises DemoError when the database is not empty.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    plan = Plan(people=people, seed=seed, now=now(), site_url=settings.public_url)
    settings.data.joinpath(UNINDEXED).touch()
    with _progress(Console()) as progress:
        summary = await load(database_url, plan, progress=progress)
        write_logins(settings.data / LOGINS, summary)
    await rebuild_index(settings, Console())
    return summary


async def rebuild_index(settings: Settings, console: Console) -> None:
    """Index every post and job anew, in every engine, with a progress bar for each. Searches go on meanwhile."""
    with _progress(console) as progress:
        bar = progress.add_task("索引 · Indexing", total=None)

        def show(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        async with open_resources(settings) as resources:
            await rebuild(resources.db, resources.index, show)
            if resources.mirror:
                bar = progress.add_task(f"索引 · Indexing ({resources.mirror.name})", total=None)
                async with writing(resources.db, target=resources.mirror.name, wait=True):
                    await build_mirror(resources.db, resources.mirror, show)
    settings.data.joinpath(UNINDEXED).unlink(missing_ok=True)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)
