"""Saved searches: made, shown, changed, deleted, and nobody else's business."""

import asyncio
from typing import Any

import pytest

from tests.people import Person, World

pytestmark = pytest.mark.anyio

SAVED = "/api/weizhi/v1/saved_searches"
REMOTE: dict[str, Any] = {
    "name": "远程后端",
    "q": "远程 后端",
    "filters": {"city": ["杭州"], "salary_min": 25000, "skills": ["Python"]},
}


async def saves(person: Person, expect: int = 200, **fields: Any) -> dict[str, Any]:
    """Somebody saves a search."""
    answer: dict[str, Any] = await person.post(SAVED, {"name": "职位", **fields}, expect=expect)
    return answer


class TestCreate:
    async def test_answers_with_what_was_asked_for(self, world: World) -> None:
        anna = await world.person("anna")
        made = await saves(anna, **REMOTE)
        assert (made["name"], made["q"], made["cadence"]) == ("远程后端", "远程 后端", "instant")
        assert made["filters"]["city"] == ["杭州"]
        assert made["filters"]["salary_min"] == 25000
        assert made["filters"]["education"] is None
        assert await anna.get(f"{SAVED}/{made['id']}") == made
        assert await anna.get(SAVED) == [made]

    async def test_tells_an_employer_s_id_as_a_string(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        for id in (organization["id"], int(organization["id"])):
            assert (await saves(anna, filters={"org": id}))["filters"]["org"] == organization["id"]

    async def test_of_the_same_changes_nothing(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        made = await saves(anna, **REMOTE)
        again = await saves(anna, **{**REMOTE, "q": " 远程 后端 "})
        assert again == made
        assert (await saves(anna, **{**REMOTE, "name": "另一个"}))["id"] != made["id"]
        assert (await saves(bo, **REMOTE))["id"] != made["id"]
        assert len(await anna.get(SAVED)) == 2

    async def test_at_the_same_time_makes_one(self, world: World) -> None:
        anna = await world.person("anna")
        made = await asyncio.gather(*(saves(anna, **REMOTE) for _ in range(4)))
        assert len({one["id"] for one in made}) == 1

    async def test_refuses_what_would_find_nearly_everything(self, world: World) -> None:
        anna = await world.person("anna")
        for fields in (
            {},
            {"q": " ！ "},
            {"q": "-外包"},
            {"filters": {"salary_min": 20000}},
            {"filters": {"employment_type": ["FULL_TIME"], "workplace_type": ["on_site"]}},
            {"filters": {"city": [" "], "skills": [""]}},
        ):
            assert (await saves(anna, expect=422, **fields))["code"] == "search_too_wide", fields
        assert await anna.get(SAVED) == []

    async def test_names_what_is_wrong(self, world: World) -> None:
        anna = await world.person("anna")
        for field, fields in (
            ("name", {"name": ""}),
            ("name", {"name": "  "}),
            ("name", {"name": "x" * 101}),
            ("name", {"name": "a\nb"}),
            ("q", {"q": "x" * 201}),
            ("cadence", {"cadence": "hourly"}),
            ("salary_min", {"filters": {"salary_min": -1}}),
            ("workplace_type", {"filters": {"workplace_type": ["moon"]}}),
            ("city", {"filters": {"city": ["杭州"] * 11}}),
            ("education", {"filters": {"education": "none of yours"}}),
            ("org", {"filters": {"org": "x"}}),
            ("filters", {"filters": {"reposted_by_following": True}}),
        ):
            answer = await saves(anna, expect=422, **{**REMOTE, **fields})
            assert answer["code"] == "validation_failed", fields
            assert any(field in name for name in answer["details"]), (fields, answer)

    async def test_keeps_fifty_at_most(self, world: World) -> None:
        anna = await world.person("anna")
        for number in range(50):
            await saves(anna, q=f"职位{number}")
        assert (await saves(anna, expect=422, q="再来"))["code"] == "too_many_saved_searches"
        first = (await anna.get(SAVED))[0]
        assert first["q"] == "职位0"
        assert (await saves(anna, q="职位0"))["id"] == first["id"]
        await anna.request("DELETE", f"{SAVED}/{first['id']}", expect=200)
        await saves(anna, q="再来")


class TestUpdate:
    async def test_changes_what_is_given(self, world: World) -> None:
        anna = await world.person("anna")
        made = await saves(anna, **REMOTE)
        path = f"{SAVED}/{made['id']}"
        renamed = (await anna.request("PATCH", path, json={"name": "新名字"}, expect=200)).json()
        assert {**renamed, "name": made["name"], "updated_at": made["updated_at"]} == made
        changed = await anna.request("PATCH", path, json={"filters": {"skills": ["Go"]}, "cadence": "none"}, expect=200)
        assert changed.json()["q"] == made["q"]
        assert (changed.json()["filters"]["skills"], changed.json()["filters"]["city"]) == (["Go"], [])
        assert changed.json()["cadence"] == "none"
        assert await anna.get(path) == changed.json()

    async def test_refuses_what_creating_refuses(self, world: World) -> None:
        anna = await world.person("anna")
        made = await saves(anna, **REMOTE)
        path = f"{SAVED}/{made['id']}"
        wide = await anna.request("PATCH", path, json={"q": "", "filters": {}}, expect=422)
        assert wide.json()["code"] == "search_too_wide"
        await anna.request("PATCH", path, json={"name": " "}, expect=422)
        assert await anna.get(path) == made


class TestOthers:
    async def test_cannot_reach_it(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        path = f"{SAVED}/{(await saves(anna, **REMOTE))['id']}"
        assert await bo.get(SAVED) == []
        await bo.get(path, expect=404)
        await bo.request("PATCH", path, json={"name": "我的"}, expect=404)
        await bo.request("DELETE", path, expect=404)
        assert (await world.client.get(SAVED)).status_code == 401
        assert (await anna.get(path))["name"] == "远程后端"


class TestDelete:
    async def test_is_final(self, world: World) -> None:
        anna = await world.person("anna")
        path = f"{SAVED}/{(await saves(anna, **REMOTE))['id']}"
        await anna.request("DELETE", path, expect=200)
        await anna.get(path, expect=404)
        await anna.request("DELETE", path, expect=404)
        assert await anna.get(SAVED) == []
