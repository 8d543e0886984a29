"""Notes, endorsements, removing followers and lists of people, through HTTP."""

from typing import Any

import pytest

from app.bootstrap import Resources
from tests.graph.test_keeping_away import does, names
from tests.graph.test_locked import UPDATE
from tests.graph.test_routes import assert_counters_are_counts
from tests.people import World

pytestmark = pytest.mark.anyio


class TestNote:
    async def test_is_one_s_own_and_can_be_forgotten(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        assert (await does(anna, "note", bo, {"comment": "前同事，做后端"}))["note"] == "前同事，做后端"
        (seen,) = await bo.get("/api/v1/accounts/relationships", id=anna.id)
        assert seen["note"] == ""
        assert (await does(anna, "note", bo, {"comment": "换工作了"}))["note"] == "换工作了"
        assert (await does(anna, "note", bo, {"comment": " "}))["note"] == ""
        assert (await does(anna, "note", bo))["note"] == ""

    async def test_has_a_length(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await does(anna, "note", bo, {"comment": "长" * 2000})
        refused = await does(anna, "note", bo, {"comment": "长" * 2001}, expect=422)
        assert refused["details"]["comment"][0]["error"] == "ERR_TOO_LONG"


class TestEndorse:
    @pytest.mark.parametrize("verbs", [("pin", "unpin"), ("endorse", "unendorse")])
    async def test_shows_whom_one_follows(self, world: World, verbs: tuple[str, str]) -> None:
        anna, bo = await world.people("anna", "bo")
        refused = await does(anna, verbs[0], bo, expect=422)
        assert refused["code"] == "cannot_endorse"
        await anna.follows(bo)
        for _ in range(2):
            assert (await does(anna, verbs[0], bo))["endorsed"] is True
        assert await names(anna, "/api/v1/endorsements") == ["bo"]
        assert await names(bo, f"/api/v1/accounts/{anna.id}/endorsements") == ["bo"]
        assert (await does(anna, verbs[1], bo))["endorsed"] is False
        assert await names(anna, "/api/v1/endorsements") == []

    async def test_ends_with_the_follow(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await does(anna, "pin", bo)
        await does(anna, "unfollow", bo)
        assert await names(anna, "/api/v1/endorsements") == []


class TestRemoveFromFollowers:
    async def test_ends_the_other_s_follow(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await bo.follows(anna)
        removed = await does(anna, "remove_from_followers", bo)
        assert (removed["followed_by"], removed["following"]) == (False, True)
        await assert_counters_are_counts(resources)


class TestFollowers:
    async def test_are_listed_latest_first_whatever_their_age(self, world: World) -> None:
        anna, bo, chen, dan = await world.people("anna", "bo", "chen", "dan")
        for follower in (dan, bo, chen):
            await follower.follows(anna)
        path = f"/api/v1/accounts/{anna.id}/followers"
        assert await names(anna, path) == ["chen", "bo", "dan"]
        seen: list[str] = []
        url = f"{path}?limit=2"
        while url:
            page = await anna.request("GET", url, expect=200)
            seen += [account["username"] for account in page.json()]
            url = page.links.get("next", {}).get("url", "")
        assert seen == ["chen", "bo", "dan"]
        newest = await anna.request("GET", path, params={"limit": 1})
        back = await anna.request("GET", newest.links["prev"]["url"])
        assert back.json() == []
        last = await anna.request("GET", newest.links["next"]["url"])
        back = await anna.request("GET", last.links["prev"]["url"])
        assert [account["username"] for account in back.json()] == ["chen"]

    @pytest.mark.parametrize("path", ["followers", "following"])
    async def test_are_hidden_from_others_when_asked(self, world: World, path: str) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        await bo.follows(anna)
        await anna.request("PATCH", UPDATE, json={"hide_collections": True}, expect=200)
        url = f"/api/v1/accounts/{anna.id}/{path}"
        assert await names(anna, url) == ["bo"]
        assert await names(bo, url) == []
        assert (await world.client.get(url)).json() == []

    async def test_leave_out_whom_the_reader_mutes(self, world: World) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await bo.follows(chen)
        await does(anna, "mute", bo)
        assert await names(anna, f"/api/v1/accounts/{chen.id}/followers") == []
        assert await names(bo, f"/api/v1/accounts/{chen.id}/followers") == ["bo"]


class TestLanguages:
    async def test_narrow_what_comes_home(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        chosen = await does(anna, "follow", bo, {"languages": ["zh", "zh"]})
        assert chosen["languages"] == ["zh"]
        await bo.says("中文", language="zh")
        await bo.says("English", language="en")
        await world.settle()
        assert [post["language"] for post in await anna.home()] == ["zh"]
        kept = await does(anna, "follow", bo, {"notify": True})
        assert kept["languages"] == ["zh"]
        assert (await does(anna, "follow", bo, {"languages": []}))["languages"] is None
        await world.settle()
        assert len(await anna.home()) == 2

    @pytest.mark.parametrize("languages", [["中文"], ["x" * 13], ["zh"] * 51, "zh"])
    async def test_must_be_languages(self, world: World, languages: Any) -> None:
        anna, bo = await world.people("anna", "bo")
        refused = await does(anna, "follow", bo, {"languages": languages}, expect=422)
        assert next(iter(refused["details"])).startswith("languages")
