"""The engines there are on this machine, each with a service of its own over one database."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from pydantic import HttpUrl, SecretStr

from app.bootstrap import Resources, open_resources
from app.local.meilisearch import LocalMeilisearch, meilisearch_program
from app.local.postgres import LocalPostgres
from app.local.valkey import LocalValkey
from app.migrate import migrate
from app.search.rebuild import build_mirror
from app.search.sending import writing
from app.settings import Settings
from tests.service import service

POSTGRESQL, MEILISEARCH = "postgresql", "meilisearch"
_URL, _KEY = "WEIZHI_TEST_MEILI_URL", "WEIZHI_TEST_MEILI_KEY"
ABSENT = f"No Meilisearch: neither {_URL} is set nor a `meilisearch` on PATH. PostgreSQL alone is measured."


@dataclass(frozen=True, slots=True)
class Servers:
    """Where a run's own servers are; `meili_url` None: there is no Meilisearch."""

    database_url: str
    redis_url: str
    folder: Path
    meili_url: str | None
    meili_key: str | None

    @property
    def engines(self) -> list[str]:
        """The engines that can be asked."""
        return [POSTGRESQL, MEILISEARCH] if self.meili_url else [POSTGRESQL]

    def settings(self, engine: str) -> Settings:
        """The settings of a service that searches with `engine`."""
        meili = engine == MEILISEARCH and self.meili_url
        return Settings(
            database_url=self.database_url,
            redis_url=self.redis_url,
            base_url="http://weizhi.test",
            rate_limits=False,
            media=self.folder / "media",
            mail=self.folder / "mail",
            ffmpeg=Path("off"),
            meili_url=HttpUrl(self.meili_url) if meili and self.meili_url else None,
            meili_key=SecretStr(self.meili_key) if meili and self.meili_key else None,
            meili_index_prefix="weizhi_bench_",
            _env_file=None,
        )


@contextmanager
def servers() -> Iterator[Servers]:
    """An empty, migrated database and whatever else a run needs. All is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="weizhi-search-"))
    folder.chmod(0o755)
    postgres, valkey = LocalPostgres(folder), LocalValkey(folder)
    try:
        database_url, redis_url = postgres.start(), valkey.start()
        asyncio.run(migrate(database_url))
        with _meilisearch(folder) as (url, key):
            yield Servers(database_url, redis_url, folder, url, key)
    finally:
        valkey.stop()
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def asked(servers: Servers, engine: str) -> AsyncIterator[tuple[Resources, httpx2.AsyncClient]]:
    """A service that searches with `engine`, which knows all that is in the database, and a client of it."""
    async with open_resources(servers.settings(engine)) as resources:
        await resources.index.prepare()
        mirror = resources.mirror
        if mirror is not None:
            async with writing(resources.db, target=mirror.name, wait=True):
                await build_mirror(resources.db, mirror, lambda done, total: None)
        transport = httpx2.ASGITransport(app=service(resources))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            yield resources, client


@contextmanager
def _meilisearch(folder: Path) -> Iterator[tuple[str | None, str | None]]:
    """The URL and key of one that is given, else of one of our own."""
    program = meilisearch_program()
    if url := os.environ.get(_URL):
        yield url, os.environ.get(_KEY)
    elif program:
        own = LocalMeilisearch(program, folder / "meili")
        try:
            yield own.start(), own.key
        finally:
            own.stop()
    else:
        yield None, None
