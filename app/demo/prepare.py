"""Getting a database ready: migrate, and fill a new one with the demo world and its search index."""

from rich.console import Console

from app.demo.load import DemoSummary, load, write_logins
from app.demo.plan import Plan
from app.demo.state import UNINDEXED, has_people
from app.kit.clock import now
from app.migrate import migrate
from app.operating import progress_on, rebuild_index
from app.settings import Settings

LOGINS = "demo-logins.json"


async def prepare(settings: Settings, database_url: str) -> None:
    """Migrate; build the demo world if there is nobody yet. Interrupted in between, the next call goes on."""
    await migrate(database_url)
    if not await has_people(database_url):
        await build_demo(settings, database_url, people=2000, seed=1)
    elif settings.data.joinpath(UNINDEXED).exists():
        await index_demo(settings)


async def build_demo(settings: Settings, database_url: str, *, people: int, seed: int) -> DemoSummary:
    """Fill an empty, migrated database, tell the logins in the data folder, and index everything.

    Raises DemoError when the database is not empty.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        people=people,
        seed=seed,
        now=now(),
        site_url=settings.public_url,
        credit_policy=settings.credit_policy,
        guarantee_days=settings.credit_guarantee_days,
    )
    settings.data.joinpath(UNINDEXED).touch()
    with progress_on(Console()) as progress:
        summary = await load(database_url, plan, progress=progress)
        write_logins(settings.data / LOGINS, summary)
    await index_demo(settings)
    return summary


async def index_demo(settings: Settings) -> None:
    """Index everything, and note that it is."""
    await rebuild_index(settings, Console())
    settings.data.joinpath(UNINDEXED).unlink(missing_ok=True)
