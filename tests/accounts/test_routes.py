"""Accounts, through HTTP."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.outbox.relay import Relay
from app.settings import Settings
from tests.people import World
from tests.service import service

pytestmark = pytest.mark.anyio

UPDATE = "/api/v1/accounts/update_credentials"
GOOD = {
    "username": "wang_li",
    "email": "wang@example.com",
    "password": "correct horse",
    "agreement": True,
    "locale": "zh-CN",
}


async def register(world: World, **fields: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {world.app_token}"}
    return await world.client.post("/api/v1/accounts", json={**GOOD, **fields}, headers=headers)


class TestRegister:
    async def test_gives_a_token_for_the_new_account(self, world: World) -> None:
        answer = (await register(world)).json()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        shown = (await world.client.get("/api/v1/accounts/verify_credentials", headers=headers)).json()
        assert (shown["username"], shown["acct"], shown["display_name"]) == ("wang_li", "wang_li", "")
        assert shown["source"]["language"] == "zh"
        assert (shown["followers_count"], shown["following_count"], shown["statuses_count"]) == (0, 0, 0)

    @pytest.mark.parametrize(
        ("fields", "field", "code"),
        [
            ({"username": "王力"}, "username", "ERR_INVALID"),
            ({"username": "wang li"}, "username", "ERR_INVALID"),
            ({"username": "wang.li"}, "username", "ERR_INVALID"),
            ({"username": "wang\n"}, "username", "ERR_INVALID"),
            ({"username": ""}, "username", "ERR_BLANK"),
            ({"username": "a" * 31}, "username", "ERR_TOO_LONG"),
            ({"username": "Admin"}, "username", "ERR_RESERVED"),
            ({"username": None}, "username", "ERR_INVALID"),
            ({"email": "wang"}, "email", "ERR_INVALID"),
            ({"email": "wang@localhost"}, "email", "ERR_INVALID"),
            ({"email": "wang@exa mple.com"}, "email", "ERR_INVALID"),
            ({"email": "a@b@c.com"}, "email", "ERR_INVALID"),
            ({"password": "short"}, "password", "ERR_TOO_SHORT"),
            ({"password": ""}, "password", "ERR_BLANK"),
            ({"password": "x" * 129}, "password", "ERR_TOO_LONG"),
            ({"agreement": False}, "agreement", "ERR_ACCEPTED"),
            ({"username": "a\x00b"}, None, "ERR_INVALID"),
        ],
    )
    async def test_names_the_field_at_fault(
        self, world: World, fields: dict[str, Any], field: str | None, code: str
    ) -> None:
        refused = await register(world, **fields)
        assert refused.status_code == 422, refused.text
        details = refused.json()["details"]
        assert details[field or next(iter(details))][0]["error"] == code
        assert refused.json()["error"].startswith("Validation failed: ")

    async def test_names_every_field_at_fault_at_once(self, world: World) -> None:
        refused = await register(world, username="王", email="x@y", password="short", agreement=False)
        assert set(refused.json()["details"]) == {"username", "email", "password", "agreement"}

    async def test_names_fields_that_are_absent(self, world: World) -> None:
        headers = {"Authorization": f"Bearer {world.app_token}"}
        refused = await world.client.post("/api/v1/accounts", json={}, headers=headers)
        assert set(refused.json()["details"]) == {"username", "email", "password", "agreement"}

    async def test_refuses_a_name_taken_in_another_case(self, world: World) -> None:
        assert (await register(world)).status_code == 200
        refused = await register(world, username="Wang_LI", email="other@example.com")
        assert (refused.status_code, list(refused.json()["details"])) == (422, ["username"])
        assert refused.json()["details"]["username"][0]["error"] == "ERR_TAKEN"
        refused = await register(world, username="other", email="WANG@example.com")
        assert list(refused.json()["details"]) == ["email"]

    async def test_of_one_name_at_once_succeeds_exactly_once(self, world: World, resources: Resources) -> None:
        answers = await asyncio.gather(
            *(register(world, username=name, email=f"{number}@example.com") for number, name in enumerate(NAMES))
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [422] * 9
        refused = [answer.json()["details"] for answer in answers if answer.status_code == 422]
        assert all(details["username"][0]["error"] == "ERR_TAKEN" for details in refused)
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM accounts")) == 1
            assert await session.scalar(text("SELECT count(*) FROM account_stats")) == 1

    async def test_takes_a_form(self, world: World) -> None:
        headers = {"Authorization": f"Bearer {world.app_token}"}
        form = {**GOOD, "agreement": "1"}
        response = await world.client.post("/api/v1/accounts/", data=form, headers=headers)
        assert response.status_code == 200, response.text

    async def test_is_refused_while_closed(self, resources: Resources, settings: Settings, relay: Relay) -> None:
        closed = replace(resources, settings=settings.model_copy(update={"registrations": False}))
        transport = httpx2.ASGITransport(app=service(closed))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            refused = await register(await World.open(client, relay))
        assert (refused.status_code, refused.json()["code"]) == (403, "registrations_closed")


NAMES = ["wang_li", "Wang_Li", "WANG_LI", "wang_LI", "wang_li", "wang_li", "wAng_li", "waNg_li", "wang_li", "wang_lI"]


class TestLookup:
    @pytest.mark.parametrize("acct", ["anna", "ANNA", "@anna", "anna@weizhi.test", "@Anna@WEIZHI.test"])
    async def test_finds_with_and_without_our_domain(self, world: World, acct: str) -> None:
        anna = await world.person("anna")
        response = await world.client.get("/api/v1/accounts/lookup", params={"acct": acct})
        assert response.json()["id"] == anna.id

    @pytest.mark.parametrize(
        "acct", ["bo", "anna@elsewhere.example", "@", "@@", "anna@weizhi.test@x", "安娜", "\ufffd"]
    )
    async def test_finds_nobody_else(self, world: World, acct: str) -> None:
        await world.person("anna")
        response = await world.client.get("/api/v1/accounts/lookup", params={"acct": acct})
        assert (response.status_code, response.json()["code"]) == (404, "not_found")

    async def test_asks_for_a_name(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/api/v1/accounts/lookup")).status_code == 422

    @pytest.mark.parametrize("id", ["1", "x", "99999999999999999999", "-1", "9223372036854775808", "１"])
    async def test_by_an_id_that_names_nobody_is_not_found(self, client: httpx2.AsyncClient, id: str) -> None:
        assert (await client.get(f"/api/v1/accounts/{id}")).status_code == 404


PROFILE = {
    "display_name": "王力",
    "headline": "后端工程师 · 推荐系统",
    "note": "写 Python。\n\n爱爬山 #徒步#",
    "fields_attributes": [
        {"name": "城市", "value": "杭州"},
        {"name": "主页", "value": "https://wang.example/a?b=1&c=2"},
    ],
}
FORM = {
    "display_name": PROFILE["display_name"],
    "headline": PROFILE["headline"],
    "note": PROFILE["note"],
    "fields_attributes[0][name]": "城市",
    "fields_attributes[0][value]": "杭州",
    "fields_attributes[1][name]": "主页",
    "fields_attributes[1][value]": "https://wang.example/a?b=1&c=2",
}


class TestUpdate:
    @pytest.mark.parametrize(
        "sent",
        [
            {"json": PROFILE},
            {"json": {**PROFILE, "fields_attributes": dict(zip("01", PROFILE["fields_attributes"], strict=True))}},
            {"data": FORM},
            {"files": {name: (None, value) for name, value in FORM.items()}},
        ],
        ids=["json", "json with a numbered hash", "form", "multipart"],
    )
    async def test_takes_every_encoding(self, world: World, sent: dict[str, Any]) -> None:
        anna = await world.person("anna")
        answer = (await anna.request("PATCH", UPDATE, expect=200, **sent)).json()
        assert answer["display_name"] == "王力"
        assert answer["weizhi"]["headline"] == "后端工程师 · 推荐系统"
        assert answer["source"]["note"] == PROFILE["note"]
        assert answer["note"].startswith("<p>后端工程师 · 推荐系统</p><p>写 Python。</p>")
        assert [(field["name"], field["value"]) for field in answer["source"]["fields"]] == [
            ("城市", "杭州"),
            ("主页", "https://wang.example/a?b=1&c=2"),
        ]
        assert 'href="https://wang.example/a?b=1&amp;c=2"' in answer["fields"][1]["value"]
        seen = (await world.client.get(f"/api/v1/accounts/{anna.id}")).json()
        assert {key: seen[key] for key in ("display_name", "note", "fields", "weizhi")} == {
            key: answer[key] for key in ("display_name", "note", "fields", "weizhi")
        }

    async def test_leaves_what_is_absent_or_null(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.request("PATCH", UPDATE, json=PROFILE, expect=200)
        answer = (await anna.request("PATCH", UPDATE, json={"display_name": "力", "note": None}, expect=200)).json()
        assert answer["display_name"] == "力"
        assert answer["source"]["note"] == PROFILE["note"]
        assert len(answer["fields"]) == 2
        emptied = (
            await anna.request("PATCH", UPDATE, json={"headline": "", "note": "", "fields_attributes": []})
        ).json()
        assert (emptied["note"], emptied["fields"]) == ("", [])

    @pytest.mark.parametrize(("value", "bot"), [("1", True), ("0", False), ("true", True), ("false", False)])
    async def test_takes_booleans_as_mastodon_py_sends_them(self, world: World, value: str, bot: bool) -> None:
        anna = await world.person("anna")
        assert (await anna.request("PATCH", UPDATE, data={"bot": value}, expect=200)).json()["bot"] is bot

    @pytest.mark.parametrize(
        ("field", "longest"), [("display_name", 60), ("headline", 120), ("note", 1000)], ids=lambda value: str(value)
    )
    async def test_takes_the_longest_and_refuses_one_more(self, world: World, field: str, longest: int) -> None:
        anna = await world.person("anna")
        await anna.request("PATCH", UPDATE, json={field: "职" * longest}, expect=200)
        refused = await anna.request("PATCH", UPDATE, json={field: "职" * (longest + 1)}, expect=422)
        assert refused.json()["details"][field][0]["error"] == "ERR_TOO_LONG"

    async def test_counts_characters_as_people_do(self, world: World) -> None:
        anna = await world.person("anna")
        family = "👨‍👩‍👧‍👦"
        answer = (await anna.request("PATCH", UPDATE, json={"display_name": family * 60}, expect=200)).json()
        assert answer["display_name"] == family * 60
        await anna.request("PATCH", UPDATE, json={"display_name": family * 61}, expect=422)
        await anna.request("PATCH", UPDATE, json={"display_name": "e" + "\u0301" * 600}, expect=422)

    async def test_keeps_defaults_for_posts(self, world: World) -> None:
        anna = await world.person("anna")
        form = {
            "source[privacy]": "private",
            "source[sensitive]": "1",
            "source[language]": "en",
            "source[quote_policy]": "nobody",
            "indexable": "0",
            "attribution_domains[]": "example.com",
        }
        answer = (await anna.request("PATCH", UPDATE, data=form, expect=200)).json()
        source = answer["source"]
        assert (source["privacy"], source["sensitive"], source["language"]) == ("private", True, "en")
        assert (source["quote_policy"], source["indexable"], answer["indexable"]) == ("nobody", False, False)
        kept = (await anna.request("PATCH", UPDATE, json={"source": {"language": ""}}, expect=200)).json()["source"]
        assert (kept["privacy"], kept["language"]) == ("private", "zh")

    @pytest.mark.parametrize(
        "source", [{"privacy": "direct"}, {"language": "中文"}, {"quote_policy": "some"}, {"sensitive": "x"}]
    )
    async def test_refuses_defaults_there_are_not(self, world: World, source: dict[str, str]) -> None:
        anna = await world.person("anna")
        refused = await anna.request("PATCH", UPDATE, json={"source": source}, expect=422)
        assert list(refused.json()["details"]) == [f"source.{next(iter(source))}"]

    async def test_refuses_too_many_fields(self, world: World) -> None:
        anna = await world.person("anna")
        fields = [{"name": "a", "value": "b"}] * 5
        refused = await anna.request("PATCH", UPDATE, json={"fields_attributes": fields}, expect=422)
        assert refused.json()["details"]["fields_attributes"][0]["error"] == "ERR_TOO_MANY"

    @pytest.mark.parametrize(
        "body",
        [
            b'{"display_name": "a\\u0000b"}',
            b'{"note": "\\ud800"}',
            b'{"headline": "\\udfff x"}',
            b'{"fields_attributes": [{"name": "a", "value": "\\u0000"}]}',
            b'{"note": "\xff\xfe"}',
        ],
    )
    async def test_refuses_text_that_cannot_be_stored(self, world: World, body: bytes) -> None:
        anna = await world.person("anna")
        headers = {"Content-Type": "application/json"}
        refused = await anna.request("PATCH", UPDATE, content=body, headers=headers)
        assert refused.status_code in (400, 422), refused.text
        assert refused.json()["code"] in ("bad_request", "validation_failed")

    @pytest.mark.parametrize("body", [b"note=a%00b", b"note=%ED%A0%80", b"note=%FF", b"\xff=1"])
    async def test_refuses_forms_that_cannot_be_stored(self, world: World, body: bytes) -> None:
        anna = await world.person("anna")
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        refused = await anna.request("PATCH", UPDATE, content=body, headers=headers)
        assert refused.status_code in (400, 422), refused.text

    @pytest.mark.parametrize("charset", ["utf-8", "unicode_escape", "raw_unicode_escape", "utf-7", "nonsense", "idna"])
    async def test_refuses_or_takes_any_multipart_charset_without_failing(self, world: World, charset: str) -> None:
        anna = await world.person("anna")
        body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n\\ud800\\x00\r\n--x--\r\n'
        headers = {"Content-Type": f"multipart/form-data; charset={charset}; boundary=x"}
        answer = await anna.request("PATCH", UPDATE, content=body, headers=headers)
        assert answer.status_code in (200, 400, 422), answer.text

    async def test_escapes_what_strangers_write(self, world: World) -> None:
        anna = await world.person("anna")
        nasty = "<script>alert(1)</script>\"'&"
        sent = {
            "display_name": nasty,
            "headline": nasty,
            "note": nasty,
            "fields_attributes": [{"name": nasty, "value": nasty}],
        }
        answer = (await anna.request("PATCH", UPDATE, json=sent, expect=200)).json()
        assert "<script" not in answer["note"]
        assert "<script" not in answer["fields"][0]["value"]
        # Plain text in Mastodon's API: apps escape it themselves.
        assert (answer["display_name"], answer["weizhi"]["headline"]) == (nasty, nasty)
