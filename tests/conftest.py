"""Real servers for the tests: one PostgreSQL and one Valkey for the run, a database of its own for each process.

Every test commits for real. What it left behind is deleted before the next one.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import httpx2
import pytest

from app.bootstrap import Resources, open_resources
from app.kit import log
from app.kit.db import Database
from app.kit.dsn import driver_url
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey
from app.migrate import migrate
from app.outbox.relay import Relay
from app.settings import Settings
from app.worker import make_relay
from tests import quick
from tests.contract import watch
from tests.meter import Meter, metered
from tests.people import World
from tests.service import service
from tests.twice import Twice
from tests.valkey_cluster import LocalCluster

_DATABASE, _REDIS = "WEIZHI_TEST_DATABASE_URL", "WEIZHI_TEST_REDIS_URL"
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
_TEMPLATE = "weizhi_template"


# As in the service: without it structlog draws each traceback with every local in it.
log.configure("WARNING")
quick.hash_cheaply()


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers in the one process that no other started: xdist's controller, or the only one."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="weizhi-test-"))
    # Open to the account PostgreSQL runs under when we are root: else its data would go elsewhere.
    folder.chmod(0o755)
    postgres, valkey = LocalPostgres(folder, options=_FAST), LocalValkey(folder)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.add_cleanup(postgres.remove)
    config.add_cleanup(valkey.stop)
    os.environ[_DATABASE] = postgres.start()
    os.environ[_REDIS] = valkey.start()
    asyncio.run(_create_database(_TEMPLATE))
    asyncio.run(migrate(_url_of(_TEMPLATE)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly when answers were not held against Mastodon's schema."""
    if not watch.SCHEMA.exists():
        terminalreporter.section("NOT TESTED: what Mastodon's clients expect", yellow=True)
        terminalreporter.line(watch.ABSENT)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Async tests run on asyncio with uvloop, as the service does."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def _own_database(worker_id: str) -> str:
    name = f"test_{worker_id}"
    asyncio.run(_create_database(name, template=_TEMPLATE))
    return _url_of(name)


@pytest.fixture(scope="session")
def new_database() -> Callable[[str], str]:
    """Makes a migrated, empty database with a name, for processes of their own; gives its URL."""

    def make(name: str) -> str:
        asyncio.run(_create_database(name, template=_TEMPLATE))
        return _url_of(name)

    return make


@pytest.fixture(scope="session")
def new_redis() -> str:
    """The URL of a Valkey database that no other test uses."""
    return f"{os.environ[_REDIS]}?db=15"


@pytest.fixture(scope="session")
def valkey_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """Six nodes of Valkey: for tests of the group `valkey_cluster`, so that one process has them."""
    cluster = LocalCluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
async def _warm(_own_database: str, anyio_backend: object) -> AsyncIterator[None]:
    # As long as this lives, all async tests of the process share one event loop, and so may share connections.
    quick.keep_open(_own_database)
    yield
    await quick.close_kept()


@pytest.fixture
def db_url(_own_database: str, _warm: None) -> Iterator[str]:
    """The URL of a migrated, empty database."""
    yield _own_database
    asyncio.run(_empty(_own_database))


@pytest.fixture(scope="session")
def _own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # A server of its own for each process: whoever empties a database makes a server's every client forget.
    valkey = LocalValkey(tmp_path_factory.mktemp("valkey"))
    yield valkey.start()
    valkey.stop()


@pytest.fixture
def redis_url(_own_valkey: str) -> str:
    """The URL of an empty Valkey database."""
    return f"{_own_valkey}?db=1"


@pytest.fixture
async def db(db_url: str, anyio_backend: object) -> AsyncIterator[Database]:
    """A migrated, empty database, opened."""
    database = Database(db_url, pool_size=10)
    yield database
    await database.close()


@pytest.fixture
def settings(db_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """The service's settings; tests that want others copy these."""
    return Settings(
        database_url=db_url,
        redis_url=redis_url,
        base_url="http://weizhi.test",
        task_retry_seconds=(0, 0, 0),
        # Everybody in a test comes from one address; tests/limits turns them on.
        rate_limits=False,
        # Most tests are about something else; tests/organizations/test_verification.py bounds it.
        unverified_jobs=1000,
        media=tmp_path / "media",
        private=tmp_path / "private",
        mail=tmp_path / "mail",
        # Not the one that this machine happens to have; tests/media brings its own.
        ffmpeg=Path("off"),
        _env_file=None,
    )


@pytest.fixture
async def resources(settings: Settings, anyio_backend: object) -> AsyncIterator[Resources]:
    """Everything the service works with, on real servers."""
    async with open_resources(settings) as opened:
        await opened.feeds.flush()
        await opened.index.prepare()
        await opened.exposures.seals.load(opened.db)
        opened.channel.start()
        async with asyncio.timeout(10):
            while not opened.changes.trusted:
                await asyncio.sleep(0.001)
        yield opened


@pytest.fixture
def asks_twice(request: pytest.FixtureRequest) -> bool:
    """Whether answers from memory are held against PostgreSQL's: not in tests marked `asks_once`."""
    return request.node.get_closest_marker("asks_once") is None


@pytest.fixture
async def client(resources: Resources, asks_twice: bool) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client of the service, without any account, whose every answer is held against the descriptions."""
    api = service(resources)
    app = watch.Watched(Twice(api, resources) if asks_twice else api, watch.blame)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as opened:
        yield opened


@pytest.fixture
def relay(resources: Resources) -> Relay:
    """The worker's relay: `await relay.run_until_idle()` does what is to be done."""
    return make_relay(resources)


@pytest.fixture
async def _fresh_plans(resources: Resources) -> None:
    await quick.forget_plans()


@pytest.fixture
def meter(resources: Resources, _fresh_plans: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Meter]:
    """Counts what requests cost; a test of what may be asked twice is marked `asks_once`."""
    with metered(resources, monkeypatch) as counted:
        yield counted


@pytest.fixture
async def world(client: httpx2.AsyncClient, relay: Relay, resources: Resources) -> World:
    """People who register, post, follow and apply through HTTP."""
    opened = await World.open(client, relay)
    opened.feeds = resources.feeds
    opened.exposures = resources.exposures
    return opened


def _url_of(name: str) -> str:
    return os.environ[_DATABASE].replace("/postgres?", f"/{name}?")


async def _create_database(name: str, template: str = "template1") -> None:
    connection = await asyncpg.connect(driver_url(os.environ[_DATABASE]))
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    finally:
        await connection.close()


# TRUNCATE makes new files for every table and index, 0.4 s each time; most tables are empty anyway.
_EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(driver_url(url))
    try:
        await connection.execute(_EMPTY)
    finally:
        await connection.close()
