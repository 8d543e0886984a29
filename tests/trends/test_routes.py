"""Trends: what many different people are busy with, as far as the reader may see it."""

from typing import Any

import pytest

from app.bootstrap import Resources
from app.trends.handlers import rebuild
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def tags(world: World, **params: Any) -> list[str]:
    answer = await world.client.get("/api/v1/trends/tags", params=params)
    assert answer.status_code == 200, answer.text
    return [tag["name"] for tag in answer.json()]


async def posts(person: Person, **params: Any) -> list[str]:
    return [status["id"] for status in await person.get("/api/v1/trends/statuses", **params)]


class TestTags:
    async def test_count_different_authors_of_public_posts(self, world: World) -> None:
        assert await tags(world) == []
        anna, bo, cy = await world.people("anna", "bo", "cy")
        for _ in range(5):
            await anna.says("#刷屏#")
        await anna.says("#招聘#")
        await bo.says("#招聘# 也招")
        for visibility in ("unlisted", "private", "direct"):
            for person in (anna, bo, cy):
                await person.says("#悄悄#", visibility=visibility)
        await world.settle()
        assert await tags(world) == ["招聘", "刷屏"]
        assert await tags(world, limit=1, offset=1) == ["刷屏"]

        (top, second) = await bo.get("/api/v1/trends/tags")
        assert (top["name"], top["following"]) == ("招聘", False)
        assert (top["history"][0]["uses"], top["history"][0]["accounts"]) == ("2", "2")
        assert (second["history"][0]["uses"], second["history"][0]["accounts"]) == ("5", "1")
        assert len(top["history"]) == 7
        assert (await bo.get("/api/v1/trends")) == [top, second]

    async def test_are_paged_by_offset(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.says(" ".join(f"#t{number}#" for number in range(5)))
        await world.settle()
        answer = await world.client.get("/api/v1/trends/tags", params={"limit": 2})
        assert 'limit=2&offset=2>; rel="next"' in answer.headers["Link"]
        answer = await world.client.get("/api/v1/trends/tags", params={"limit": 2, "offset": 4})
        assert len(answer.json()) == 1
        assert 'offset=2>; rel="prev"' in answer.headers["Link"]
        assert 'rel="next"' not in answer.headers["Link"]


class TestStatuses:
    async def test_are_what_different_people_like_pass_on_and_answer(self, world: World) -> None:
        anna, bo, cy, dan = await world.people("anna", "bo", "cy", "dan")
        quiet, liked, passed_on, own = [await anna.says(text) for text in ("没人理", "有人赞", "有人转", "自己转")]
        for person in (bo, cy):
            await person.post(f"/api/v1/statuses/{liked['id']}/favourite")
        for person in (bo, cy, dan):
            await person.reposts(passed_on)
        await anna.reposts(own)
        await bo.says("答", in_reply_to_id=quiet["id"], visibility="private")
        await world.settle()
        assert await posts(bo) == [passed_on["id"], liked["id"]]
        assert await posts(bo, limit=1, offset=1) == [liked["id"]]

    async def test_hide_what_the_reader_may_not_or_does_not_want_to_see(
        self, world: World, resources: Resources
    ) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        post = await anna.says("有人转")
        await bo.reposts(post)
        await world.settle()
        assert await posts(cy) == [post["id"]]
        await cy.post(f"/api/v1/accounts/{anna.id}/block")
        assert await posts(cy) == []
        await anna.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)
        assert await posts(bo) == []


class TestRebuild:
    async def test_counts_again_what_was_lost(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await anna.says("#招聘# #后端#")
        await bo.says("#招聘#")
        await bo.post(f"/api/v1/statuses/{post['id']}/favourite")
        await world.settle()
        before = (await tags(world), await posts(bo))
        assert before == (["招聘", "后端"], [post["id"]])
        await resources.scores._valkey.everywhere("FLUSHDB")  # type: ignore[attr-defined]
        assert (await tags(world), await posts(bo)) == ([], [])
        async with resources.db.reading() as session:
            await rebuild(session, resources.scores)
            await rebuild(session, resources.scores)
        assert (await tags(world), await posts(bo)) == before
