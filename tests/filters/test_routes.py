"""Filters, through HTTP."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.filters import service
from app.kit.changes import ALL
from app.kit.db import touch
from tests.people import Person, World

pytestmark = pytest.mark.anyio

V1, V2 = "/api/v1/filters", "/api/v2/filters"


async def make(person: Person, *keywords: str, **fields: Any) -> dict[str, Any]:
    body = {"title": "工作", "context": ["home", "public"], **fields}
    words = [{"keyword": keyword, "whole_word": True} for keyword in keywords]
    made: dict[str, Any] = await person.post(V2, {**body, "keywords_attributes": words})
    return made


async def put(person: Person, path: str, body: dict[str, Any], expect: int = 200) -> Any:
    return (await person.request("PUT", path, json=body, expect=expect)).json()


async def delete(person: Person, path: str, expect: int = 200) -> Any:
    return (await person.request("DELETE", path, expect=expect)).json()


async def filtered(person: Person, status: dict[str, Any]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = (await person.get(f"/api/v1/statuses/{status['id']}"))["filtered"]
    return shown


class TestFilter:
    async def test_is_made_changed_and_deleted(self, world: World) -> None:
        anna = await world.person("anna")
        made = await make(anna, "加班", "996", expires_in="3600", filter_action="hide")
        assert (made["title"], made["context"], made["filter_action"]) == ("工作", ["home", "public"], "hide")
        assert [word["keyword"] for word in made["keywords"]] == ["加班", "996"]
        assert made["expires_at"] is not None
        first, second = made["keywords"]
        path = f"{V2}/{made['id']}"
        changes = [
            {"id": first["id"], "keyword": "单休"},
            {"id": second["id"], "_destroy": True},
            {"keyword": "内卷", "whole_word": "false"},
        ]
        changed = await put(anna, path, {"title": "不看", "keywords_attributes": changes})
        assert (changed["title"], changed["context"], changed["expires_at"]) == (
            "不看",
            ["home", "public"],
            made["expires_at"],
        )
        assert [(word["keyword"], word["whole_word"]) for word in changed["keywords"]] == [
            ("单休", True),
            ("内卷", False),
        ]
        assert await anna.get(path) == changed
        assert await anna.get(V2) == [changed]
        assert (await put(anna, path, {"expires_in": ""}))["expires_at"] is None
        assert await delete(anna, path) == {}
        assert await anna.get(V2) == []
        await anna.get(path, expect=404)

    async def test_comes_as_a_form(self, world: World) -> None:
        anna = await world.person("anna")
        form = {
            "title": "x",
            "context[]": "home",
            "keywords_attributes[0][keyword]": "加班",
            "keywords_attributes[0][whole_word]": "0",
            "keywords_attributes[1][keyword]": "996",
            "expires_in": "",
        }
        made = (await anna.request("POST", V2, data=form, expect=200)).json()
        assert [(word["keyword"], word["whole_word"]) for word in made["keywords"]] == [("加班", False), ("996", True)]
        assert made["expires_at"] is None

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": "长" * 101}, "title"),
            ({"context": []}, "context"),
            ({"context": ["everywhere"]}, "context.0"),
            ({"filter_action": "burn"}, "filter_action"),
            ({"expires_in": -1}, "expires_in"),
            ({"expires_in": "soon"}, "expires_in"),
            ({"keywords_attributes": [{"keyword": ""}]}, "keywords_attributes.0.keyword"),
            ({"keywords_attributes": [{"keyword": "长" * 101}]}, "keywords_attributes.0.keyword"),
            ({"keywords_attributes": [{"whole_word": True}]}, "keywords.keyword"),
            ({"keywords_attributes": [{"keyword": "x"}] * 101}, "keywords_attributes"),
        ],
    )
    async def test_must_make_sense(self, world: World, fields: dict[str, Any], field: str) -> None:
        anna = await world.person("anna")
        refused = await anna.post(V2, {"title": "x", "context": ["home"], **fields}, expect=422)
        assert any(name.startswith(field) for name in refused["details"]), refused
        assert await anna.get(V2) == []

    async def test_is_bounded(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await world.person("anna")
        monkeypatch.setattr(service, "MOST_FILTERS", 1)
        monkeypatch.setattr(service, "MOST_KEYWORDS", 2)
        made = await make(anna, "a", "b")
        words = f"{V2}/{made['id']}/keywords"
        assert (await anna.post(words, {"keyword": "c"}, expect=422))["code"] == "filter_full"
        assert len(await anna.get(words)) == 2
        assert (await anna.post(V2, {"title": "x", "context": ["home"]}, expect=422))["code"] == "too_many_filters"

    async def test_and_what_is_in_it_is_nobody_else_s(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        made = await make(anna, "加班")
        status = await bo.says("你好")
        post = await anna.post(f"{V2}/{made['id']}/statuses", {"status_id": status["id"]})
        word = made["keywords"][0]["id"]
        for method, path, body in (
            ("GET", f"{V2}/{made['id']}", None),
            ("PUT", f"{V2}/{made['id']}", {"title": "x"}),
            ("DELETE", f"{V2}/{made['id']}", None),
            ("GET", f"{V2}/{made['id']}/keywords", None),
            ("POST", f"{V2}/{made['id']}/keywords", {"keyword": "x"}),
            ("GET", f"{V2}/{made['id']}/statuses", None),
            ("POST", f"{V2}/{made['id']}/statuses", {"status_id": status["id"]}),
            ("GET", f"{V2}/keywords/{word}", None),
            ("PUT", f"{V2}/keywords/{word}", {"keyword": "x"}),
            ("DELETE", f"{V2}/keywords/{word}", None),
            ("GET", f"{V2}/statuses/{post['id']}", None),
            ("DELETE", f"{V2}/statuses/{post['id']}", None),
            ("GET", f"{V1}/{word}", None),
            ("PUT", f"{V1}/{word}", {"phrase": "x", "context": ["home"]}),
            ("DELETE", f"{V1}/{word}", None),
        ):
            await bo.request(method, path, json=body, expect=404)
        other = await make(bo)
        stolen = {"keywords_attributes": [{"id": word, "keyword": "x"}]}
        await put(bo, f"{V2}/{other['id']}", stolen, expect=404)


class TestContents:
    async def test_keywords_one_by_one(self, world: World) -> None:
        anna = await world.person("anna")
        made = await make(anna)
        word = await anna.post(f"{V2}/{made['id']}/keywords", {"keyword": "加班", "whole_word": False})
        assert word == {"id": word["id"], "keyword": "加班", "whole_word": False}
        path = f"{V2}/keywords/{word['id']}"
        assert await put(anna, path, {"keyword": "单休"}) == {**word, "keyword": "单休"}
        assert await anna.get(path) == {**word, "keyword": "单休"}
        assert await anna.get(f"{V2}/{made['id']}/keywords") == [{**word, "keyword": "单休"}]
        await delete(anna, path)
        await anna.get(path, expect=404)

    async def test_posts_one_by_one(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        made, status = await make(anna), await bo.says("你好")
        hidden = await bo.says("只给关注者", visibility="private")
        path = f"{V2}/{made['id']}/statuses"
        await anna.post(path, {"status_id": hidden["id"]}, expect=404)
        post = await anna.post(path, {"status_id": status["id"]})
        assert post["status_id"] == status["id"]
        refused = await anna.post(path, {"status_id": status["id"]}, expect=422)
        assert refused["details"]["status_id"][0]["error"] == "ERR_TAKEN"
        assert await anna.get(path) == [post]
        assert await anna.get(f"{V2}/statuses/{post['id']}") == post
        assert [each["status_matches"] for each in await filtered(anna, status)] == [[status["id"]]]
        await delete(anna, f"{V2}/statuses/{post['id']}")
        assert await filtered(anna, status) == []


class TestOldForm:
    async def test_is_a_keyword_with_its_filter(self, world: World) -> None:
        anna = await world.person("anna")
        made = await anna.post(V1, {"phrase": "加班", "context": ["home"], "irreversible": True})
        assert (made["phrase"], made["irreversible"], made["whole_word"]) == ("加班", True, True)
        (whole,) = await anna.get(V2)
        assert (whole["title"], whole["filter_action"], whole["keywords"][0]["id"]) == ("加班", "hide", made["id"])
        path = f"{V1}/{made['id']}"
        changed = await put(
            anna, path, {"phrase": "996", "context": ["home", "thread"], "irreversible": False, "expires_in": 60}
        )
        assert (changed["phrase"], changed["context"], changed["irreversible"]) == ("996", ["home", "thread"], False)
        assert changed["expires_at"] is not None
        assert await anna.get(path) == changed
        assert await anna.get(V1) == [changed]
        assert await delete(anna, path) == {}
        assert await anna.get(V2) == []

    async def test_does_not_change_a_filter_others_share(self, world: World) -> None:
        anna = await world.person("anna")
        made = await make(anna, "加班", "996")
        path = f"{V1}/{made['keywords'][0]['id']}"
        same = {"phrase": "单休", "context": ["home", "public"]}
        assert (await put(anna, path, same))["phrase"] == "单休"
        refused = await put(anna, path, {**same, "context": ["home"]}, expect=422)
        assert refused["code"] == "filter_has_many_keywords"
        await delete(anna, path)
        assert [word["keyword"] for word in (await anna.get(V2))[0]["keywords"]] == ["996"]


class TestFiltered:
    async def test_tells_which_words_met_which_filter(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        made = await make(anna, "加班", "996", "没有")
        status = await bo.says("天天加班，９９６")
        (result,) = await filtered(anna, status)
        assert result["keyword_matches"] == ["加班", "996"]
        assert result["status_matches"] is None
        summary = {key: value for key, value in made.items() if key not in ("keywords", "statuses")}
        assert result["filter"] == summary
        assert await filtered(bo, status) == []
        (shown,) = await anna.get("/api/v1/timelines/public")
        assert shown["filtered"] == [result]

    async def test_reads_warnings_poll_options_and_what_a_repost_carries(self, world: World) -> None:
        anna, bo, chen = await world.people("anna", "bo", "chen")
        await make(anna, "加班")
        warned = await bo.says("你好", spoiler_text="加班")
        poll = await bo.says("选一个", poll={"options": ["双休", "加班"], "expires_in": 3600})
        repost = await chen.reposts(await bo.says("又加班"))
        for status in (warned, poll, repost):
            assert [each["keyword_matches"] for each in await filtered(anna, status)] == [["加班"]], status

    async def test_leaves_one_s_own_posts_alone(self, world: World) -> None:
        anna = await world.person("anna")
        await make(anna, "加班")
        assert await filtered(anna, await anna.says("加班")) == []

    async def test_counts_no_more_once_expired(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        await make(anna, "加班", expires_in=60)
        status = await bo.says("加班")
        assert len(await filtered(anna, status)) == 1
        async with resources.db.transaction() as session:
            touch(session, ALL)
            await session.execute(text("UPDATE filters SET expires_at = expires_at - interval '61 seconds'"))
        assert await filtered(anna, status) == []
        assert len(await anna.get(V2)) == 1
