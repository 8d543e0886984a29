"""Greenhouse's web hooks beyond the main story, through HTTP."""

from typing import Any

import httpx2
import pytest

from tests.people import Person, World
from tests.test_story import GREENHOUSE_POST, greenhouse_source, push

pytestmark = pytest.mark.anyio


def post_with(action: str = "job_post_updated", **fields: Any) -> dict[str, Any]:
    return {"action": action, "payload": {**GREENHOUSE_POST["payload"], **fields}}


async def the_job(recruiter: Person, answer: httpx2.Response) -> dict[str, Any]:
    return await recruiter.get(f"/api/weizhi/v1/jobs/{answer.json()['job_id']}")


class TestReceive:
    async def test_ignores_a_ping(self, world: World) -> None:
        source = await greenhouse_source(await world.person("recruiter"))
        answer = await push(world, source, {"action": "ping", "payload": {"web_hook_id": 1}})
        assert (answer.status_code, answer.json()["status"]) == (202, "ignored")

    async def test_follows_updates_and_deletion(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        created = await push(world, source, GREENHOUSE_POST, event_id="1")
        job = await the_job(recruiter, created)
        updated = await push(world, source, post_with(title="首席后端工程师"), event_id="2")
        assert updated.json()["status"] == "updated"
        post = await recruiter.get(f"/api/v1/statuses/{job['status_id']}")
        assert "首席后端工程师" in post["content"]
        paused = await push(world, source, post_with(title="首席后端工程师", live=False), event_id="3")
        assert paused.json()["status"] == "closed"
        assert (await the_job(recruiter, paused))["state"] == "paused"
        deleted = await push(world, source, {"action": "job_post_deleted", "payload": {"id": 1815002}}, event_id="4")
        assert deleted.json()["status"] == "closed"
        assert (await the_job(recruiter, deleted))["state"] == "closed"

    @pytest.mark.parametrize("fields", [{"live": False}, {"external": False}, {"job_id": None}])
    async def test_keeps_what_is_not_public_as_a_draft(self, world: World, fields: dict[str, Any]) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        answer = await push(world, source, post_with("job_post_created", **fields))
        assert (await the_job(recruiter, answer))["state"] == "draft"
        assert await recruiter.get("/api/v1/timelines/public") == []

    async def test_reads_escaped_html_and_a_place_that_is_an_object(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        fields = {"content": "&lt;p&gt;职责&lt;/p&gt;&lt;script&gt;x&lt;/script&gt;", "location": {"name": "北京"}}
        job = await the_job(recruiter, await push(world, source, post_with("job_post_created", title="测试", **fields)))
        assert job["description_html"] == "<p>职责</p>"
        assert job["locations"][0]["city"] == "北京"
        assert job["workplace_type"] == "on_site"

    async def test_tells_messages_without_an_id_apart_by_their_bytes(self, world: World) -> None:
        source = await greenhouse_source(await world.person("recruiter"))
        first, same = [await push(world, source, GREENHOUSE_POST, event_id=" ") for _ in range(2)]
        other = await push(world, source, post_with(title="另一个"), event_id=" ")
        assert (first.status_code, same.status_code, other.status_code) == (202, 200, 202)

    @pytest.mark.parametrize("id", ["a\x00b", "", " ", True, None, {}, [1], 1.5])
    async def test_keeps_a_message_whose_id_is_none(self, world: World, id: object) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        for action in ("job_post_created", "job_post_deleted"):
            refused = await push(world, source, post_with(action, id=id), event_id=action)
            assert (refused.status_code, list(refused.json()["details"])) == (422, ["payload.id"])

    @pytest.mark.parametrize("fields", [{"location": ["杭州"]}, {"location": 7}, {"title": {"a": 1}}, {"content": 7}])
    async def test_keeps_a_message_of_another_shape(self, world: World, fields: dict[str, Any]) -> None:
        source = await greenhouse_source(await world.person("recruiter"))
        refused = await push(world, source, post_with("job_post_created", **fields))
        assert (refused.status_code, refused.json()["status"]) == (422, "rejected"), refused.text

    @pytest.mark.parametrize("signature", ["", "sha256", "sha256 ", "sha1 x", "x" * 500, "sha256 \u00e9"])
    async def test_refuses_a_broken_signature(self, world: World, signature: str) -> None:
        source = await greenhouse_source(await world.person("recruiter"))
        headers = {b"Signature": signature.encode("latin-1")}
        refused = await world.client.post(source["url"], content=b"{}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
