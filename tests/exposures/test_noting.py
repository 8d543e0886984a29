"""What is noted of a served page, by whom, and what a repost makes of it."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.exposures import noting
from app.exposures.noting import Shown
from app.kit import metrics
from tests.people import Person, World

# The routes note as well: what the fast lane forgot would not be missed.
pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]

EXPOSURES = """
    SELECT viewer_id, root_id, via_id, surface, opened_at IS NOT NULL, known_by FROM exposures ORDER BY at, via_id
"""


async def noted(resources: Resources) -> Sequence[Any]:
    """All exposures, once they are written."""
    await resources.exposures.flush()
    async with resources.db.reading() as session:
        return [tuple(row) for row in await session.execute(text(EXPOSURES))]


@pytest.fixture
async def cast(world: World) -> list[Person]:
    """Bo reposted recruiter's job; ann follows bo."""
    return await world.people("recruiter", "bo", "ann")


async def job_by_bo(world: World, cast: list[Person]) -> tuple[dict[str, Any], dict[str, Any]]:
    recruiter, bo, ann = cast
    await ann.follows(bo)
    job = await recruiter.publishes_job()
    repost = await bo.reposts({"id": job["status_id"]})
    await world.settle()
    return job, repost


class TestAPage:
    async def test_is_noted_once_for_its_reader(self, world: World, cast: list[Person], resources: Resources) -> None:
        job, repost = await job_by_bo(world, cast)
        ann = cast[2]
        await ann.says("与职位无关")
        for _ in range(3):
            await ann.home()
        row = (int(ann.id), int(job["status_id"]), int(repost["id"]), "home", False, None)
        assert await noted(resources) == [row]
        await ann.home(limit=5)
        assert await noted(resources) == [row]

    @pytest.mark.parametrize("place", ["home", "routes", "account", "tag", "public", "search", "ours"])
    async def test_tells_where_it_was_read(
        self, world: World, cast: list[Person], resources: Resources, place: str
    ) -> None:
        job, repost = await job_by_bo(world, cast)
        _, bo, ann = cast
        path, surface, via = {
            "home": ("/api/v1/timelines/home", "home", repost["id"]),
            "routes": ("/api/v1/timelines/home?limit=07", "home", repost["id"]),
            "account": (f"/api/v1/accounts/{bo.id}/statuses", "account", repost["id"]),
            "tag": ("/api/v1/timelines/tag/招聘", "tag", job["status_id"]),
            "public": ("/api/v1/timelines/public", "public", job["status_id"]),
            "search": ("/api/v2/search?type=statuses&q=后端", "search", job["status_id"]),
            "ours": ("/api/weizhi/v1/search/timeline?q=后端", "search", job["status_id"]),
        }[place]
        assert (await ann.request("GET", path, expect=200)).json()
        assert [row[2:4] for row in await noted(resources)] == [(int(via), surface)]

    async def test_without_a_job_leaves_nothing(self, world: World, cast: list[Person], resources: Resources) -> None:
        _, bo, ann = cast
        await ann.follows(bo)
        await bo.reposts(await ann.says("不是职位"))
        await world.settle()
        await ann.home()
        assert await noted(resources) == []

    async def test_of_strangers_and_authors_and_those_who_said_no_leaves_nothing(
        self, world: World, cast: list[Person], resources: Resources
    ) -> None:
        job, _ = await job_by_bo(world, cast)
        recruiter, bo, ann = cast
        await ann.request("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"log_exposures": False}})
        await world.client.get("/api/v1/timelines/public")
        await world.client.get(f"/api/v1/accounts/{bo.id}/statuses")
        await bo.home()
        await recruiter.home()
        (status, *_) = await ann.home()
        assert "?" not in status["card"]["url"]
        assert status["reblog"]["card"]["url"] == job["url"]
        await ann.request("GET", "/api/v1/timelines/home?limit=07", expect=200)
        assert await noted(resources) == []


class TestARepost:
    async def test_comes_by_what_was_shown_last(self, world: World, cast: list[Person], resources: Resources) -> None:
        job, first = await job_by_bo(world, cast)
        _, bo, ann = cast
        cy = await world.person("cy")
        later = await cy.reposts({"id": job["status_id"]})
        await ann.home()
        assert [row[2] for row in await noted(resources)] == [int(first["id"])]
        shown = await ann.reposts({"id": job["status_id"]})
        assert shown["weizhi"]["via"]["status_id"] == first["id"]
        assert (shown["weizhi"]["via"]["inference"], shown["weizhi"]["via"]["confidence"]) == ("exposure", 0.75)
        dee = await world.person("dee")
        await dee.get(f"/api/v1/accounts/{bo.id}/statuses")
        await world.settle()
        await dee.get(f"/api/v1/accounts/{cy.id}/statuses")
        await world.settle()
        assert (await dee.reposts({"id": job["status_id"]}))["weizhi"]["via"]["status_id"] == later["id"]


class TestTheList:
    async def test_is_bounded_and_counts_what_it_drops(
        self, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(noting, "_MOST_NOTES", 3)
        before = metrics.EXPOSURES_DROPPED._value.get()
        for viewer_id in range(5):
            resources.exposures.note(viewer_id, "home", [Shown(1, 1)])
        assert metrics.EXPOSURES_DROPPED._value.get() == before + 2
        # Nobody has these ids: nothing is written of them, and nothing is left over.
        assert await noted(resources) == []

    async def test_is_kept_while_postgresql_is_away(
        self, world: World, cast: list[Person], resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _, repost = await job_by_bo(world, cast)
        await cast[2].home()

        async def away(*_: Any) -> None:
            raise OSError

        with monkeypatch.context() as broken:
            broken.setattr(noting.writing, "write", away)
            with pytest.raises(OSError):  # noqa: PT011
                await resources.exposures.flush()
        assert [row[2] for row in await noted(resources)] == [int(repost["id"])]

    async def test_is_written_at_the_end(self, world: World, cast: list[Person], resources: Resources) -> None:
        _, repost = await job_by_bo(world, cast)
        await cast[2].home()
        await resources.exposures.close()
        async with resources.db.reading() as session:
            assert [row[2] for row in await session.execute(text(EXPOSURES))] == [int(repost["id"])]
