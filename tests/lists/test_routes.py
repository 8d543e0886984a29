"""Lists and their timelines, through HTTP."""

import asyncio
from typing import Any

import pytest

from app.lists import service
from tests.graph.test_locked import lock
from tests.people import Person, World

pytestmark = pytest.mark.anyio

LISTS = "/api/v1/lists"


async def make(person: Person, title: str = "同行", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await person.post(LISTS, {"title": title, **fields})
    return made


async def add(person: Person, found: dict[str, Any], *people: Person, expect: int = 200) -> Any:
    ids = [other.id for other in people]
    return await person.post(f"{LISTS}/{found['id']}/accounts", {"account_ids": ids}, expect=expect)


async def members(person: Person, found: dict[str, Any], **params: Any) -> list[str]:
    accounts = await person.get(f"{LISTS}/{found['id']}/accounts", **params)
    return [account["username"] for account in accounts]


async def timeline(person: Person, found: dict[str, Any], **params: Any) -> list[str]:
    statuses = await person.get(f"/api/v1/timelines/list/{found['id']}", **params)
    return [status["id"] for status in statuses]


@pytest.fixture
async def three(world: World) -> list[Person]:
    """Anna, who follows Bo and Chen."""
    anna, bo, chen = await world.people("anna", "bo", "chen")
    await anna.follows(bo)
    await anna.follows(chen)
    return [anna, bo, chen]


class TestList:
    async def test_is_made_changed_and_deleted(self, world: World) -> None:
        anna = await world.person("anna")
        made = await make(anna, " 同行 ")
        assert made == {"id": made["id"], "title": "同行", "replies_policy": "list", "exclusive": False}
        other = await make(anna, "前同事", replies_policy="none", exclusive=True)
        assert await anna.get(LISTS) == [made, other]
        path = f"{LISTS}/{made['id']}"
        changed = await anna.request("PUT", path, json={"title": "后端", "exclusive": "true"}, expect=200)
        assert changed.json() == {**made, "title": "后端", "exclusive": True}
        assert await anna.get(path) == changed.json()
        gone = await anna.request("DELETE", path, expect=200)
        assert gone.json() == {}
        await anna.get(path, expect=404)
        assert await anna.get(LISTS) == [other]

    async def test_is_nobody_else_s(self, three: list[Person]) -> None:
        anna, bo, chen = three
        path = f"{LISTS}/{(await make(anna))['id']}"
        for method, url, body in (
            ("GET", path, None),
            ("PUT", path, {"title": "x"}),
            ("DELETE", path, None),
            ("GET", f"{path}/accounts", None),
            ("POST", f"{path}/accounts", {"account_ids": [chen.id]}),
            ("DELETE", f"{path}/accounts", {"account_ids": [chen.id]}),
            ("GET", path.replace("lists", "timelines/list"), None),
        ):
            await bo.request(method, url, json=body, expect=404)

    @pytest.mark.parametrize(
        ("body", "field", "code"),
        [
            ({}, "title", "ERR_BLANK"),
            ({"title": ""}, "title", "ERR_BLANK"),
            ({"title": "  "}, "title", "ERR_INVALID"),
            ({"title": "长" * 101}, "title", "ERR_TOO_LONG"),
            ({"title": "a\x00"}, "title", "ERR_INVALID"),
            ({"title": "x", "replies_policy": "all"}, "replies_policy", "ERR_INCLUSION"),
        ],
    )
    async def test_must_make_sense(self, world: World, body: dict[str, Any], field: str, code: str) -> None:
        anna = await world.person("anna")
        refused = await anna.post(LISTS, body, expect=422)
        assert refused["details"].get(field, refused["details"].get("body"))[0]["error"] == code

    async def test_are_bounded_even_at_once(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        anna = await world.person("anna")
        monkeypatch.setattr(service, "MOST_LISTS", 2)
        answers = await asyncio.gather(*(anna.request("POST", LISTS, json={"title": "x"}) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422, 422]
        assert len(await anna.get(LISTS)) == 2


class TestMembers:
    async def test_are_added_and_removed(self, three: list[Person]) -> None:
        anna, bo, chen = three
        found = await make(anna)
        assert await add(anna, found, bo) == {}
        await add(anna, found, chen, anna)
        assert set(await members(anna, found)) == {"anna", "bo", "chen"}
        assert await members(anna, found, limit=1) != await members(anna, found)
        assert len(await members(anna, found, limit=0)) == 3
        assert [each["id"] for each in await anna.get(f"/api/v1/accounts/{bo.id}/lists")] == [found["id"]]
        path = f"{LISTS}/{found['id']}/accounts"
        await anna.request("DELETE", path, json={"account_ids": [bo.id]}, expect=200)
        await anna.request("DELETE", path, params={"account_ids[]": [anna.id]}, expect=200)
        assert await members(anna, found) == ["chen"]
        await anna.request("DELETE", path, content=f"account_ids[]={chen.id}", headers=FORM, expect=200)
        assert await members(anna, found) == []
        assert await anna.get(f"/api/v1/accounts/{bo.id}/lists") == []

    async def test_must_be_followed_or_asked(self, three: list[Person], world: World) -> None:
        anna, bo, _ = three
        dan, eve = await world.people("dan", "eve")
        found = await make(anna)
        refused = await add(anna, found, bo, dan, expect=404)
        assert refused["error"] == "Record not found"
        assert await members(anna, found) == []
        await lock(eve)
        await anna.follows(eve)
        await add(anna, found, eve)
        assert await members(anna, found) == ["eve"]
        await anna.post(f"{LISTS}/{found['id']}/accounts", {"account_ids": ["1"]}, expect=404)

    async def test_can_be_on_it_once(self, three: list[Person]) -> None:
        anna, bo, chen = three
        found = await make(anna)
        await add(anna, found, bo)
        refused = await add(anna, found, bo, chen, expect=422)
        assert refused["error"] == "Validation failed: Account has already been taken"
        assert await members(anna, found) == ["bo"]

    async def test_are_bounded(self, three: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
        anna, bo, chen = three
        monkeypatch.setattr(service, "MOST_MEMBERS", 1)
        found = await make(anna)
        answers = await asyncio.gather(
            *(
                anna.request("POST", f"{LISTS}/{found['id']}/accounts", json={"account_ids": [other.id]})
                for other in (bo, chen)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422]

    @pytest.mark.parametrize("verb", ["unfollow", "block"])
    async def test_leave_with_the_follow(self, three: list[Person], world: World, verb: str) -> None:
        anna, bo, chen = three
        found = await make(anna)
        await add(anna, found, bo, chen)
        await bo.says("你好")
        await anna.post(f"/api/v1/accounts/{bo.id}/{verb}")
        assert await members(anna, found) == ["chen"]
        assert await timeline(anna, found) == []
        await world.settle()
        await anna.post(f"/api/v1/accounts/{bo.id}/unblock")
        await anna.follows(bo)
        assert await members(anna, found) == ["chen"]

    async def test_stay_when_followed_again_before_the_task_runs(self, three: list[Person], world: World) -> None:
        anna, bo, _ = three
        found = await make(anna)
        await add(anna, found, bo)
        await anna.post(f"/api/v1/accounts/{bo.id}/unfollow")
        await anna.follows(bo)
        await world.settle()
        assert await members(anna, found) == ["bo"]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class TestTimeline:
    async def test_shows_members_posts_and_pages(self, three: list[Person], world: World) -> None:
        anna, bo, chen = three
        found = await make(anna)
        await add(anna, found, bo)
        first = await bo.says("一")
        await chen.says("不在分组里")
        private = await bo.says("二", visibility="private")
        await bo.says("@anna 私信", visibility="direct")
        others = await chen.says("被转发")
        repost = await bo.reposts(others)
        assert await timeline(anna, found) == [repost["id"], private["id"], first["id"]]
        newest = await anna.request("GET", f"/api/v1/timelines/list/{found['id']}", params={"limit": 2})
        older = await anna.request("GET", newest.links["next"]["url"])
        assert [status["id"] for status in older.json()] == [first["id"]]
        assert await timeline(anna, found, min_id=first["id"], limit=1) == [private["id"]]
        await anna.post(f"/api/v1/accounts/{bo.id}/follow", {"reblogs": False})
        assert await timeline(anna, found) == [private["id"], first["id"]]

    @pytest.mark.parametrize(
        ("policy", "shown"),
        [
            ("none", {"self", "owner"}),
            ("list", {"self", "owner", "member"}),
            ("followed", {"self", "owner", "member", "followed"}),
        ],
    )
    async def test_keeps_its_policy_for_replies(self, world: World, policy: str, shown: set[str]) -> None:
        anna, bo, chen, dan, eve = await world.people("anna", "bo", "chen", "dan", "eve")
        for followed in (bo, chen, dan):
            await anna.follows(followed)
        found = await make(anna, replies_policy=policy)
        await add(anna, found, bo, chen)
        replies = {}
        for name, author in (("self", bo), ("owner", anna), ("member", chen), ("followed", dan), ("stranger", eve)):
            post = await author.says("问题")
            replies[(await bo.says("回答", in_reply_to_id=post["id"]))["id"]] = name
        seen = await timeline(anna, found)
        assert {replies[id] for id in seen if id in replies} == shown

    async def test_hides_whom_one_mutes(self, three: list[Person]) -> None:
        anna, bo, _ = three
        found = await make(anna)
        await add(anna, found, bo)
        await bo.says("你好")
        assert len(await timeline(anna, found)) == 1
        await anna.post(f"/api/v1/accounts/{bo.id}/mute")
        assert await timeline(anna, found) == []

    async def test_of_an_exclusive_list_keeps_posts_out_of_home(self, three: list[Person], world: World) -> None:
        anna, bo, chen = three
        found = await make(anna, exclusive=True)
        await add(anna, found, bo)
        listed, other = await bo.says("分组里"), await chen.says("首页")
        await world.settle()
        assert [status["id"] for status in await anna.home()] == [other["id"]]
        assert await timeline(anna, found) == [listed["id"]]
        await anna.request("PUT", f"{LISTS}/{found['id']}", json={"exclusive": False}, expect=200)
        assert len(await anna.home()) == 2
