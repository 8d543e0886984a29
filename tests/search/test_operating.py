"""With Meilisearch: through HTTP, the worker, and the commands of operators."""

import asyncio
import io
from collections.abc import Iterator

import httpx2
import pytest
from rich.console import Console

from app.bootstrap import Resources
from app.operating import check_index, rebuild_index, report_index, retry_index
from app.search import writer
from app.settings import Settings
from tests.people import Person, World
from tests.search.fake_meilisearch import FakeMeilisearch, serving

pytestmark = pytest.mark.anyio

SEARCH = "/api/weizhi/v1/search/timeline"


@pytest.fixture
def fake() -> Iterator[FakeMeilisearch]:
    with serving(FakeMeilisearch(key="a key")) as fake:
        yield fake


@pytest.fixture
def settings(settings: Settings, fake: FakeMeilisearch) -> Settings:
    return Settings(**{**settings.model_dump(), "meili_url": fake.url, "meili_key": "a key"}, _env_file=None)


@pytest.fixture
async def anna(world: World) -> Person:
    return await world.person("anna")


async def search(anna: Person) -> tuple[list[str], bool]:
    answer = await anna.get(SEARCH, q="后端")
    return [status["id"] for status in answer["statuses"]], answer["degraded"]


async def test_what_is_said_is_found_in_the_engine(anna: Person, resources: Resources, fake: FakeMeilisearch) -> None:
    """Published, edited, deleted: the worker's writer follows."""
    assert resources.mirror
    keeping = asyncio.create_task(writer.keep(resources.db, resources.mirror))
    status = await anna.says("后端")
    await anna.world.settle()

    async def until(found: list[str]) -> None:
        async with asyncio.timeout(15):
            # A failed engine is looked at again by whoever asks for its health.
            while await search(anna) != (found, False):
                await anna.world.client.get("/readyz")
                await asyncio.sleep(0.02)

    try:
        await until([status["id"]])
        await anna.request("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "前端"}, expect=200)
        await anna.world.settle()
        await until([])
        again = await anna.says("后端")
        await anna.world.settle()
        await until([again["id"]])
        await anna.request("DELETE", f"/api/v1/statuses/{again['id']}", expect=200)
        await anna.world.settle()
        await until([])
        assert {path for path, _ in fake.requests} >= {"POST /indexes/weizhi_posts/search"}
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_an_engine_that_fails_is_told_and_stood_in_for(
    anna: Person, settings: Settings, fake: FakeMeilisearch, client: httpx2.AsyncClient
) -> None:
    status = await anna.says("后端")
    await anna.world.settle()

    async def health() -> tuple[str, str]:
        answer = (await client.get("/readyz")).json()
        return answer["status"], answer["search"]

    # Nobody has built it yet.
    assert await health() == ("degraded", "down")
    assert await search(anna) == ([status["id"]], True)
    await rebuild_index(settings, Console(file=io.StringIO()))
    assert await health() == ("ok", "ok")
    assert await search(anna) == ([status["id"]], False)
    fake.down = True
    assert await search(anna) == ([status["id"]], True)
    assert await health() == ("degraded", "down")
    fake.down = False
    assert await health() == ("ok", "ok")
    assert await search(anna) == ([status["id"]], False)


async def test_operators_rebuild_check_and_see(anna: Person, settings: Settings, fake: FakeMeilisearch) -> None:
    console = Console(file=io.StringIO(), width=200)
    await anna.says("后端")
    assert not await report_index(settings, console)
    assert "missing" in console.file.getvalue()  # type: ignore[attr-defined]
    await anna.world.settle()
    await rebuild_index(settings, console)
    assert await report_index(settings, console)
    assert await check_index(settings, console, repair=False)
    assert await retry_index(settings) == 0
    fake.down = True
    assert not await report_index(settings, console)
    assert "does not answer" in console.file.getvalue()  # type: ignore[attr-defined]
