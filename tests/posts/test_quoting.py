"""Who may quote, who sees the quotes, and taking the leave back."""

from typing import Any

import pytest

from app.bootstrap import Resources
from tests.people import Person, World
from tests.posts.test_routes import assert_post_counters_are_counts, delete, quote, status

pytestmark = pytest.mark.anyio


async def revoke(person: Person, post: dict[str, Any], by: dict[str, Any], expect: int = 200) -> Any:
    return await person.post(f"/api/v1/statuses/{post['id']}/quotes/{by['id']}/revoke", expect=expect)


async def quotes(person: Person, post: dict[str, Any], **params: Any) -> list[str]:
    return [item["id"] for item in await person.get(f"/api/v1/statuses/{post['id']}/quotes", **params)]


class TestInteractionPolicy:
    async def test_changes_for_quotes_to_come_alone(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        post = await anna.says("说")
        there = await quote(bo, post)
        path = f"/api/v1/statuses/{post['id']}/interaction_policy"
        body = {"quote_approval_policy": "nobody"}
        changed = (await anna.request("PUT", path, json=body, expect=200)).json()
        assert changed["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
        assert changed["edited_at"] is None
        assert (await status(cai, post["id"]))["quote_approval"]["current_user"] == "denied"
        await cai.post("/api/v1/statuses", {"status": "引", "quoted_status_id": post["id"]}, expect=403)
        assert (await status(cai, there["id"]))["quote"]["state"] == "accepted"
        await bo.request("PUT", path, json=body, expect=404)
        await anna.request("PUT", path, json={"quote_approval_policy": "some"}, expect=422)
        default = (await anna.request("PUT", path, json={}, expect=200)).json()
        assert default["quote_approval"]["automatic"] == ["public"]
        edited = await anna.request("PUT", f"/api/v1/statuses/{post['id']}", json={"status": "说", **body}, expect=200)
        assert (edited.json()["quote_approval"]["automatic"], edited.json()["edited_at"]) == ([], None)


class TestList:
    async def test_pages_through_those_one_may_see(self, world: World) -> None:
        anna, bo, fan = await world.people("anna", "bo", "fan")
        await fan.follows(bo)
        post = await anna.says("说")
        first, hidden, last = (
            await quote(bo, post, "一"),
            await quote(bo, post, "二", visibility="private"),
            await quote(fan, post, "三"),
        )
        assert await quotes(anna, post) == [last["id"], first["id"]]
        assert await quotes(fan, post) == [last["id"], hidden["id"], first["id"]]
        response = await fan.request("GET", f"/api/v1/statuses/{post['id']}/quotes", params={"limit": 2}, expect=200)
        assert [item["id"] for item in response.json()] == [last["id"], hidden["id"]]
        older = await fan.request("GET", response.links["next"]["url"], expect=200)
        assert [item["id"] for item in older.json()] == [first["id"]]
        assert await quotes(fan, post, min_id=first["id"], limit=1) == [hidden["id"]]
        private = await anna.says("藏", visibility="private")
        await fan.get(f"/api/v1/statuses/{private['id']}/quotes", expect=404)


class TestRevoke:
    async def test_takes_the_post_out_and_leaves_the_words(self, world: World, resources: Resources) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        post = await anna.says("我的话")
        by = await quote(bo, post, "看这个")
        answered = await revoke(anna, post, by)
        assert (answered["id"], answered["content"]) == (by["id"], "<p>看这个</p>")
        assert answered["quote"]["state"] == "revoked"
        seen = await status(cai, by["id"])
        assert (seen["quote"]["state"], seen["quote"]["quoted_status"]) == ("revoked", None)
        assert "我的话" not in str(seen)
        assert (await status(cai, post["id"]))["quotes_count"] == 0
        assert await quotes(anna, post) == []
        await revoke(anna, post, by)
        await assert_post_counters_are_counts(resources)
        await delete(bo, by)
        await assert_post_counters_are_counts(resources)

    async def test_is_for_the_quoted_author_alone(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        post, other = await anna.says("说"), await cai.says("别的")
        by = await quote(bo, post)
        for person, of in ((bo, post), (cai, post), (cai, other), (anna, by)):
            await revoke(person, of, by, expect=404)
        await revoke(anna, post, {"id": "x"}, expect=404)
        assert (await status(cai, by["id"]))["quote"]["state"] == "accepted"

    async def test_keeps_the_cascade_whole(self, world: World) -> None:
        recruiter, bo, cai, dai = await world.people("recruiter", "bo", "cai", "dai")
        job = await recruiter.publishes_job()
        root = {"id": job["status_id"]}
        by = await quote(bo, root, "推荐")
        through = await cai.reposts(root, via=by["id"])
        await revoke(recruiter, root, by)
        tree = await recruiter.get(f"/api/weizhi/v1/jobs/{job['id']}/cascade")
        assert [(node["id"], node["parent_id"], node["removed"]) for node in tree["nodes"]] == [
            (by["id"], root["id"], True),
            (through["id"], by["id"], False),
        ]
        assert tree["nodes"][0]["account"] is None
        assert (tree["totals"]["quotes"], tree["totals"]["reposts"]) == (0, 1)
        path = await dai.get(f"/api/weizhi/v1/statuses/{through['id']}/path")
        assert [step["status_id"] for step in path["steps"]] == [root["id"], by["id"], through["id"]]
        # Nobody comes through it from now on: not by saying so, not by following who quoted.
        refused = await dai.post(f"/api/v1/statuses/{root['id']}/reblog", {"via": by["id"]}, expect=422)
        assert refused["code"] == "invalid_via"
        await dai.follows(bo)
        assert (await dai.reposts(root))["weizhi"]["via"]["status_id"] == root["id"]
