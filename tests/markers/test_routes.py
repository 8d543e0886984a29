"""How far one has read."""

import asyncio

import pytest

from tests.contract.test_entities import SCHEMA, validator
from tests.people import World

pytestmark = pytest.mark.anyio

PATH = "/api/v1/markers"


class TestMove:
    async def test_keeps_each_timeline_s_last_id_and_counts_the_writes(self, world: World) -> None:
        (anna,) = await world.people("anna")

        first = await anna.post(PATH, {"home": {"last_read_id": "117669224127004711"}})
        second = await anna.post(
            PATH, {"home": {"last_read_id": "117669224127004799"}, "notifications": {"last_read_id": "7"}}
        )

        assert (first["home"]["last_read_id"], first["home"]["version"]) == ("117669224127004711", 1)
        assert set(first) == {"home"}
        assert (second["home"]["last_read_id"], second["home"]["version"]) == ("117669224127004799", 2)
        assert await anna.get(PATH, **{"timeline[]": ["home", "notifications"]}) == second
        if SCHEMA.exists():
            for marker in second.values():
                validator("Marker").validate(marker)

    async def test_moves_back_as_it_is_told(self, world: World) -> None:
        (anna,) = await world.people("anna")
        await anna.post(PATH, {"home": {"last_read_id": "9"}})

        await anna.post(PATH, {"home": {"last_read_id": "3"}})

        assert (await anna.get(PATH, timeline="home"))["home"]["last_read_id"] == "3"

    async def test_takes_rails_forms_and_leaves_alone_what_is_absent(self, world: World) -> None:
        (anna,) = await world.people("anna")
        await anna.post(PATH, {"notifications": {"last_read_id": "5"}})

        answer = await anna.request("POST", PATH, data={"home[last_read_id]": "8"}, expect=200)

        assert set(answer.json()) == {"home"}
        markers = await anna.get(PATH, **{"timeline[]": ["home", "notifications"]})
        assert {name: marker["last_read_id"] for name, marker in markers.items()} == {"home": "8", "notifications": "5"}

    async def test_loses_no_write_that_comes_at_once_with_others(self, world: World) -> None:
        (anna,) = await world.people("anna")

        both = {"home": {"last_read_id": "1"}, "notifications": {"last_read_id": "2"}}
        await asyncio.gather(*(anna.post(PATH, both) for _ in range(8)))

        markers = await anna.get(PATH, **{"timeline[]": ["home", "notifications"]})
        assert [marker["version"] for marker in markers.values()] == [8, 8]

    @pytest.mark.parametrize("id", ["x", "-1", "", "99999999999999999999", {"a": 1}])
    async def test_refuses_what_is_no_id(self, world: World, id: object) -> None:
        (anna,) = await world.people("anna")

        refused = await anna.post(PATH, {"home": {"last_read_id": id}}, expect=422)

        assert "home.last_read_id" in refused["details"]


class TestList:
    async def test_is_empty_without_names_and_for_unknown_ones(self, world: World) -> None:
        (anna,) = await world.people("anna")
        await anna.post(PATH, {"home": {"last_read_id": "3"}})

        assert await anna.get(PATH) == {}
        assert await anna.get(PATH, **{"timeline[]": "public"}) == {}

    async def test_tells_nobody_else_s(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.post(PATH, {"home": {"last_read_id": "3"}})

        assert await bo.get(PATH, **{"timeline[]": "home"}) == {}
