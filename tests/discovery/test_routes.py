"""People and posts one did not search for."""

from typing import Any

import pytest

from tests.contract.test_entities import SCHEMA, validator
from tests.people import Person, World

pytestmark = pytest.mark.anyio


def names(accounts: list[dict[str, Any]]) -> list[str]:
    return [account["username"] for account in accounts]


def check(entity: str, answers: list[dict[str, Any]]) -> None:
    if SCHEMA.exists():
        for answer in answers:
            validator(entity).validate(answer)


@pytest.fixture
async def circle(world: World) -> dict[str, Person]:
    """Anna follows bo and cy; both follow dora, bo alone follows eve; fay is followed by two strangers."""
    people = await world.people("anna", "bo", "cy", "dora", "eve", "fay", "gus", "hal")
    by_name = {person.username: person for person in people}
    for pair in ("anna bo", "anna cy", "bo dora", "cy dora", "bo eve", "gus fay", "hal fay", "bo anna"):
        follower, followee = pair.split()
        await by_name[follower].follows(by_name[followee])
    return by_name


class TestSuggestions:
    async def test_are_friends_of_friends_then_the_most_followed(self, circle: dict[str, Person]) -> None:
        found = await circle["anna"].get("/api/v2/suggestions")

        assert [(one["account"]["username"], one["sources"][0]) for one in found] == [
            ("dora", "friends_of_friends"),
            ("eve", "friends_of_friends"),
            ("fay", "most_followed"),
        ]
        assert [one["source"] for one in found] == ["past_interactions", "past_interactions", "global"]
        check("Suggestion", found)
        assert names(await circle["anna"].get("/api/v1/suggestions", limit=2)) == ["dora", "eve"]

    async def test_leave_out_whom_one_dismissed_blocked_or_muted(self, circle: dict[str, Person]) -> None:
        anna = circle["anna"]
        await anna.request("DELETE", f"/api/v1/suggestions/{circle['dora'].id}", expect=200)
        await anna.request("DELETE", f"/api/v1/suggestions/{circle['dora'].id}", expect=200)

        assert names(await anna.get("/api/v1/suggestions")) == ["eve", "fay"]
        assert "dora" in names(await circle["fay"].get("/api/v1/suggestions"))
        await anna.request("DELETE", "/api/v1/suggestions/1", expect=404)

        await anna.post(f"/api/v1/accounts/{circle['eve'].id}/mute")
        await anna.post(f"/api/v1/accounts/{circle['fay'].id}/block")
        assert names(await anna.get("/api/v1/suggestions")) == []

    async def test_leave_out_who_blocked_one(self, circle: dict[str, Person], world: World) -> None:
        await circle["dora"].post(f"/api/v1/accounts/{circle['anna'].id}/block")
        await circle["dora"].says("一")

        assert names(await circle["anna"].get("/api/v1/suggestions")) == ["eve", "fay"]
        assert names(await circle["anna"].get("/api/v1/directory")) == []
        assert names((await world.client.get("/api/v1/directory")).json()) == ["dora"]

    async def test_leave_out_who_does_not_want_to_be_found(self, circle: dict[str, Person]) -> None:
        hidden = {"discoverable": False}
        await circle["dora"].request("PATCH", "/api/v1/accounts/update_credentials", json=hidden, expect=200)

        assert names(await circle["anna"].get("/api/v1/suggestions")) == ["eve", "fay"]


class TestDirectory:
    async def test_lists_by_last_post_or_by_age(self, circle: dict[str, Person], world: World) -> None:
        await circle["bo"].says("一")
        await circle["eve"].says("二")

        active = (await world.client.get("/api/v1/directory")).json()
        newest = await circle["anna"].get("/api/v1/directory", order="new", limit=3, offset=1, local="true")

        assert names(active) == ["eve", "bo"]
        assert names(newest) == ["gus", "fay", "eve"]
        check("Account", active)

    @pytest.mark.parametrize("params", [{"order": "rich"}, {"offset": -1}, {"limit": 0}, {"offset": 10**9}])
    async def test_refuses_what_it_does_not_know(self, world: World, params: dict[str, Any]) -> None:
        assert (await world.client.get("/api/v1/directory", params=params)).status_code == 422


class TestFamiliarFollowers:
    async def test_are_those_one_follows_who_follow_an_account(self, circle: dict[str, Person]) -> None:
        anna = circle["anna"]
        ids = [circle["dora"].id, circle["fay"].id, "1"]

        found = await anna.get("/api/v1/accounts/familiar_followers", **{"id[]": ids})

        assert [one["id"] for one in found] == ids
        assert [sorted(names(one["accounts"])) for one in found] == [["bo", "cy"], [], []]
        check("FamiliarFollowers", found)


class TestAccounts:
    async def test_come_in_the_order_asked_for(self, circle: dict[str, Person], world: World) -> None:
        ids = [circle["eve"].id, "1", circle["anna"].id, circle["eve"].id]

        found = (await world.client.get("/api/v1/accounts", params={"id[]": ids})).json()

        assert names(found) == ["eve", "anna"]
        assert (await world.client.get("/api/v1/accounts")).json() == []
        many = await world.client.get("/api/v1/accounts", params={"id[]": [str(id) for id in range(81)]})
        assert many.status_code == 422


class TestOEmbed:
    async def test_tells_a_public_post(self, world: World) -> None:
        (anna,) = await world.people("anna")
        post = await anna.says("你好 <b>")

        answer = await world.client.get("/api/oembed", params={"url": post["url"], "maxwidth": 300})

        assert answer.json()["author_url"] == "http://weizhi.test/@anna"
        assert answer.json()["width"] == 300
        assert "你好 &lt;b&gt;" in answer.json()["html"]
        assert "<script" not in answer.json()["html"]
        check("OEmbedResponse", [answer.json()])

    async def test_keeps_what_is_warned_of_and_what_is_hidden(self, world: World) -> None:
        (anna,) = await world.people("anna")
        warned = await anna.says("结局", spoiler_text="剧透 <i>")
        hidden = await anna.says("秘密", visibility="private")

        html = (await world.client.get("/api/oembed", params={"url": warned["url"]})).json()["html"]
        assert "剧透 &lt;i&gt;" in html
        assert "结局" not in html
        for url in (hidden["url"], "http://elsewhere.test/@anna/1", "http://weizhi.test/jobs/1", "http://[", "x"):
            assert (await world.client.get("/api/oembed", params={"url": url})).status_code == 404, url
