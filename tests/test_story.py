"""The main job, as one story through HTTP: a job pushed by a recruiting system reaches a stranger by repost."""

import hashlib
import hmac
import json
from typing import Any

import httpx2
import pytest

from tests.people import Person, World

pytestmark = pytest.mark.anyio

# The vendor's documented shape of a `job_post_created` message (grnhse/greenhouse-api-docs); our own words in it.
GREENHOUSE_POST: dict[str, Any] = {
    "action": "job_post_created",
    "payload": {
        "id": 1815002,
        "title": "远程后端工程师",
        "location": "杭州, 浙江",
        "content": "<p>负责推荐系统的后端服务。<script>alert(1)</script>我们用 Python 和 PostgreSQL。</p>",
        "internal_content": "<p>内部：预算可到 45K</p>",
        "updated_at": "2026-11-20T15:06:32.691Z",
        "job_id": 1842002,
        "external": True,
        "internal": False,
        "live": True,
        "questions": [
            {"required": False, "private": False, "label": "LinkedIn Profile", "type": "input_text", "values": []},
            {"required": False, "private": False, "label": "Website", "type": "input_text", "values": []},
        ],
    },
}


async def push(
    world: World, source: dict[str, Any], message: object, *, event_id: str = "evt-1", secret: str | None = None
) -> httpx2.Response:
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    signature = hmac.new((secret or source["secret"]).encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Signature": f"sha256 {signature}",
        "Greenhouse-Event-ID": event_id,
    }
    return await world.client.post(source["url"], content=body, headers=headers)


async def greenhouse_source(recruiter: Person) -> dict[str, Any]:
    organization = await recruiter.organization("云杉科技")
    return await recruiter.post(
        "/api/weizhi/v1/inbound_sources", {"kind": "greenhouse", "organization_id": organization["id"]}
    )


async def test_a_job_pushed_by_an_ats_reaches_a_stranger_through_a_repost(world: World) -> None:
    recruiter, a, b = await world.people("recruiter", "anna", "bo")
    await a.follows(recruiter)
    await b.follows(a)
    source = await greenhouse_source(recruiter)

    pushed = await push(world, source, GREENHOUSE_POST)
    assert pushed.status_code == 202, pushed.text
    receipt = pushed.json()
    assert receipt["status"] == "created"
    await world.settle()

    (seen_by_a,) = await a.home()
    assert seen_by_a["account"]["id"] == recruiter.id
    assert seen_by_a["weizhi"]["kind"] == "job"
    assert seen_by_a["weizhi"]["job"]["id"] == receipt["job_id"]
    assert seen_by_a["weizhi"]["job"]["organization"]["label"] == "未认证"
    for words in ("【招聘】远程后端工程师｜云杉科技（未认证）", "地点：杭州", "薪资：面议", "有效期至："):
        assert words in seen_by_a["content"]
    assert seen_by_a["card"]["url"].partition("?t=")[0].endswith(f"/jobs/{receipt['job_id']}")
    assert "script" not in seen_by_a["weizhi"]["job"]["description_html"]
    assert "预算" not in json.dumps(seen_by_a, ensure_ascii=False)
    assert await b.home() == []

    repost = await a.reposts(seen_by_a)
    await world.settle()
    (seen_by_b,) = await b.home()
    assert seen_by_b["id"] == repost["id"]
    assert seen_by_b["reblog"]["id"] == seen_by_a["id"]
    assert seen_by_b["reblog"]["account"]["id"] == recruiter.id

    found = await b.get("/api/weizhi/v1/search/timeline", q="远程 后端")
    assert [status["id"] for status in found["statuses"]] == [seen_by_a["id"]]
    assert "<em>" in found["statuses"][0]["weizhi"]["highlight"]
    at_home = await b.get("/api/weizhi/v1/search/timeline", q="远程 后端", scope="home")
    assert [status["id"] for status in at_home["statuses"]] == [seen_by_a["id"]]
    jobs = await b.get("/api/weizhi/v1/jobs", q="远程 后端")
    assert [job["id"] for job in jobs["jobs"]] == [receipt["job_id"]]

    application = await b.post(
        f"/api/weizhi/v1/jobs/{receipt['job_id']}/applications",
        {"message": "做过三年推荐系统。", "via": repost["id"], "consent": True},
    )
    assert [step["account"]["id"] for step in application["path"]] == [recruiter.id, a.id]
    assert (application["inference"], application["confidence"]) == ("explicit", 1.0)

    cascade = await recruiter.get(f"/api/weizhi/v1/jobs/{receipt['job_id']}/cascade")
    assert cascade["root"]["account"]["id"] == recruiter.id
    assert [(node["kind"], node["account"]["id"], node["parent_id"], node["depth"]) for node in cascade["nodes"]] == [
        ("repost", a.id, seen_by_a["id"], 1),
        ("application", b.id, repost["id"], 2),
    ]
    assert cascade["totals"] == {
        "reposts": 1,
        "quotes": 0,
        "applications": 1,
        "interviews": 0,
        "hires": 0,
        "accounts": 1,
        "depth": 1,
    }


async def test_an_application_without_via_comes_by_the_repost_of_someone_followed(world: World) -> None:
    recruiter, a, b = await world.people("recruiter", "anna", "bo")
    await b.follows(a)
    job = await recruiter.publishes_job()
    repost = await a.reposts({"id": job["status_id"]})

    application = await b.post(f"/api/weizhi/v1/jobs/{job['id']}/applications", {"message": "你好"})

    assert application["via"] == repost["id"]
    assert application["inference"] == "follow"
    assert application["confidence"] < 1


class TestInbound:
    async def test_a_wrong_signature_is_refused_and_leaves_nothing(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)

        refused = await push(world, source, GREENHOUSE_POST, secret="another")

        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
        assert await recruiter.get(f"/api/weizhi/v1/inbound_sources/{source['id']}/receipts") == []
        assert await recruiter.get("/api/v1/timelines/public") == []

    async def test_the_same_message_again_gives_the_same_receipt_and_one_post(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)

        first = await push(world, source, GREENHOUSE_POST)
        again = await push(world, source, GREENHOUSE_POST)

        assert (first.status_code, again.status_code) == (202, 200)
        assert again.json() == first.json()
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1

    @pytest.mark.parametrize(
        ("message", "status", "field"),
        [
            (b'{"action": "job_post_created", "payload": {', 400, None),
            ({"action": "job_post_created", "payload": {"id": 7, "live": True}}, 422, "payload.title"),
            ({"action": "job_post_created", "payload": {"title": "x"}}, 422, "payload.id"),
            ({"action": "job_post_created"}, 422, "payload"),
            (
                {**GREENHOUSE_POST, "payload": {**GREENHOUSE_POST["payload"], "content": None}},
                422,
                "description_html",
            ),
        ],
    )
    async def test_a_half_broken_message_is_kept_with_a_readable_reason(
        self, world: World, message: object, status: int, field: str | None
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)

        refused = await push(world, source, message)

        assert refused.status_code == status, refused.text
        answer = refused.json()
        assert answer["status"] == "rejected"
        assert answer["error"]
        assert field is None or field in answer["details"]
        (kept,) = await recruiter.get(f"/api/weizhi/v1/inbound_sources/{source['id']}/receipts")
        assert kept["receipt_id"] == answer["receipt_id"]
        if isinstance(message, bytes):
            assert kept["body"] == message.decode()
        else:
            payload = message.get("payload", {}) if isinstance(message, dict) else {}
            internal = {"internal_content", "internal", "questions"}
            whole = {name: value for name, value in payload.items() if name not in internal}
            assert json.loads(kept["body"]).get("payload", {}) == whole
        assert await recruiter.get("/api/v1/timelines/public") == []
