"""Sources that sign Standard Webhooks, through HTTP, signed by the specification's own library."""

import asyncio
import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from app.bootstrap import Resources
from tests.people import Person, World

pytestmark = pytest.mark.anyio

SOURCES = "/api/weizhi/v1/inbound_sources"
A_PUSH: dict[str, Any] = {
    "external_id": "req-17",
    "title": "数据工程师",
    "description_html": "<p>负责离线与实时数据平台。<script>x</script></p>",
    "headcount": 3,
    "locations": [{"city": "上海"}],
    "salary": {"min": 30000, "max": 45000, "months": 15},
    "valid_through": "2099-06-30",
    "workplace_type": "hybrid",
    "employment_type": "FULL_TIME",
    "skills": ["Flink"],
}


async def new_source(recruiter: Person, organization: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    organization = organization or await recruiter.organization()
    return await recruiter.post(SOURCES, {"kind": "standard", "organization_id": organization["id"], **fields})


def signed(
    source: dict[str, Any], body: str, *, id: str, at: datetime | None = None, secret: str | None = None
) -> dict[str, str]:
    at = at or datetime.now(UTC)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret or source["secret"]).sign(id, at, body),
        "content-type": "application/json",
    }


async def send(
    world: World,
    source: dict[str, Any],
    data: dict[str, Any] | None = None,
    *,
    type: str = "job.upsert",
    id: str | None = None,
    expect: int | None = None,
    **fields: Any,
) -> httpx2.Response:
    body = json.dumps({"type": type, "data": {**(A_PUSH if data is None else data), **fields}}, ensure_ascii=False)
    headers = signed(source, body, id=id or f"msg_{secrets.token_hex(8)}")
    response = await world.client.post(source["url"], content=body, headers=headers)
    assert expect is None or response.status_code == expect, f"{response.status_code}: {response.text}"
    return response


async def job_of(recruiter: Person, receipt: dict[str, Any]) -> dict[str, Any]:
    return await recruiter.get(f"/api/weizhi/v1/jobs/{receipt['job_id']}")


class TestSource:
    async def test_tells_its_secret_once(self, world: World) -> None:
        recruiter, stranger = await world.people("recruiter", "bo")
        source = await new_source(recruiter)
        assert source["url"] == f"http://weizhi.test/api/weizhi/v1/inbound/standard/{source['id']}"
        assert 24 <= len(base64.b64decode(source["secret"].removeprefix("whsec_"))) <= 64
        (listed,) = await recruiter.get(SOURCES)
        assert listed == {key: value for key, value in source.items() if key != "secret"}
        assert await stranger.get(SOURCES) == []
        await stranger.get(f"{SOURCES}/{source['id']}/receipts", expect=404)
        other = await new_source(recruiter, {"id": source["organization_id"]})
        assert other["secret"] != source["secret"]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"kind": "carrier-pigeon"}, "kind"),
            ({"defaults": {"headcount": 0}}, "defaults.headcount"),
            ({"defaults": {"valid_days": 366}}, "defaults.valid_days"),
        ],
    )
    async def test_names_the_field_at_fault(self, world: World, fields: dict[str, Any], field: str) -> None:
        recruiter = await world.person("recruiter")
        body = {"kind": "standard", "organization_id": (await recruiter.organization())["id"], **fields}
        assert list((await recruiter.post(SOURCES, body, expect=422))["details"]) == [field]

    async def test_of_an_organization_without_a_seat_is_refused(self, world: World) -> None:
        recruiter, stranger = await world.people("recruiter", "bo")
        body = {"kind": "standard", "organization_id": (await recruiter.organization())["id"]}
        assert (await stranger.post(SOURCES, body, expect=403))["code"] == "not_seat_member"


class TestSignature:
    async def test_by_another_secret_is_refused_and_leaves_nothing(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source, other = await new_source(recruiter), await new_source(recruiter)
        body = json.dumps({"type": "job.upsert", "data": A_PUSH})
        headers = signed(source, body, id="m1", secret=other["secret"])
        refused = await world.client.post(source["url"], content=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "bad_signature")
        assert await recruiter.get(f"{SOURCES}/{source['id']}/receipts") == []

    @pytest.mark.parametrize(
        ("seconds", "code"),
        [(-301, "timestamp_out_of_range"), (310, "timestamp_out_of_range"), (-290, None), (290, None)],
    )
    async def test_counts_for_five_minutes_either_way(self, world: World, seconds: int, code: str | None) -> None:
        source = await new_source(await world.person("recruiter"))
        body = json.dumps({"type": "ping"})
        headers = signed(source, body, id="m1", at=datetime.now(UTC) + timedelta(seconds=seconds))
        answer = await world.client.post(source["url"], content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == ((401, code) if code else (202, None))

    @pytest.mark.parametrize(
        "broken",
        [
            {"webhook-signature": "v1,not base64!"},
            {"webhook-signature": "v1,"},
            {"webhook-signature": "v1"},
            {"webhook-signature": ""},
            {"webhook-signature": "v1,AAAA"},
            {"webhook-signature": "v1a,AAAA v2,BBBB"},
            {"webhook-signature": "v1,é"},
            {"webhook-signature": ",,, v1,,"},
            {"webhook-signature": None},
            {"webhook-id": None},
            {"webhook-id": "another"},
            {"webhook-id": "x" * 201},
            {"webhook-timestamp": None},
            {"webhook-timestamp": "now"},
            {"webhook-timestamp": "١٢٣"},
            {"webhook-timestamp": "-5"},
            {"webhook-timestamp": "9" * 5000},
        ],
    )
    async def test_that_is_broken_is_refused_and_leaves_nothing(
        self, world: World, broken: dict[str, str | None]
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        body = json.dumps({"type": "job.upsert", "data": A_PUSH})
        given = {**signed(source, body, id="m1"), **broken}
        headers = {key.encode(): value.encode() for key, value in given.items() if value is not None}
        refused = await world.client.post(source["url"], content=body, headers=headers)
        assert refused.status_code == 401, refused.text
        assert refused.json()["code"] in ("bad_signature", "timestamp_out_of_range")
        assert await recruiter.get(f"{SOURCES}/{source['id']}/receipts") == []

    async def test_over_other_bytes_is_refused(self, world: World) -> None:
        source = await new_source(await world.person("recruiter"))
        body = json.dumps({"type": "job.upsert", "data": A_PUSH})
        refused = await world.client.post(source["url"], content=body + " ", headers=signed(source, body, id="m1"))
        assert refused.json()["code"] == "bad_signature"

    async def test_may_be_one_of_several(self, world: World) -> None:
        source = await new_source(await world.person("recruiter"))
        body = json.dumps({"type": "job.upsert", "data": A_PUSH})
        headers = signed(source, body, id="m1")
        old = signed(source, body, id="m1", secret="whsec_" + base64.b64encode(b"o" * 32).decode())
        headers["webhook-signature"] = f"v1a,zzz {old['webhook-signature']} {headers['webhook-signature']}"
        answer = await world.client.post(source["url"], content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    async def test_of_an_unknown_source_or_kind_is_not_found(self, world: World) -> None:
        source = await new_source(await world.person("recruiter"))
        base = "/api/weizhi/v1/inbound"
        for path, status in (
            (f"{base}/standard/1", 404),
            (f"{base}/greenhouse/{source['id']}", 404),
            (f"{base}/standard/x", 404),
            (f"{base}/pigeon/{source['id']}", 422),
        ):
            assert (await world.client.post(path, content=b"{}")).status_code == status, path


class TestLifecycle:
    async def test_goes_from_created_to_updated_unchanged_and_closed(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        created = (await send(world, source, expect=202)).json()
        assert created["status"] == "created"
        job = await job_of(recruiter, created)
        assert (job["state"], job["source"], job["external_id"], job["assumed"]) == (
            "open",
            "inbound",
            "req-17",
            ["requirements"],
        )
        assert job["salary"]["text"] == "30K–45K/月 ×15薪"
        assert "script" not in job["description_html"]

        updated = (await send(world, source, title="高级数据工程师", expect=202)).json()
        assert (updated["status"], updated["job_id"]) == ("updated", created["job_id"])
        post = await recruiter.get(f"/api/v1/statuses/{job['status_id']}")
        assert "高级数据工程师" in post["content"]
        assert post["edited_at"] is not None

        again = (await send(world, source, title="高级数据工程师", expect=202)).json()
        assert (again["status"], again["job_id"]) == ("unchanged", created["job_id"])
        assert (await recruiter.get(f"/api/v1/statuses/{job['status_id']}"))["edited_at"] == post["edited_at"]

        closed = (await send(world, source, {"external_id": "req-17"}, type="job.closed", expect=202)).json()
        assert (closed["status"], closed["job_id"]) == ("closed", created["job_id"])
        assert (await job_of(recruiter, created))["state"] == "closed"
        twice = (await send(world, source, {"external_id": "req-17"}, type="job.deleted", expect=202)).json()
        assert twice["status"] == "unchanged"
        assert len(await recruiter.get(f"/api/v1/accounts/{recruiter.id}/statuses")) == 1
        statuses = [receipt["status"] for receipt in await recruiter.get(f"{SOURCES}/{source['id']}/receipts")]
        assert statuses == ["unchanged", "closed", "unchanged", "updated", "created"]

    async def test_deleted_closes(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        created = (await send(world, source, expect=202)).json()
        gone = (await send(world, source, {"external_id": "req-17"}, type="job.deleted", expect=202)).json()
        assert gone["status"] == "closed"
        assert (await job_of(recruiter, created))["state"] == "closed"

    async def test_of_a_job_that_is_not_live_waits_and_pauses(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        created = (await send(world, source, live=False, expect=202)).json()
        job = await job_of(recruiter, created)
        assert (created["status"], job["state"], job["status_id"]) == ("created", "draft", None)
        assert await recruiter.get("/api/v1/timelines/public") == []
        assert (await send(world, source, live=True)).json()["status"] == "updated"
        assert (await job_of(recruiter, created))["state"] == "open"
        assert (await send(world, source, live=False)).json()["status"] == "closed"
        assert (await job_of(recruiter, created))["state"] == "paused"
        assert (await send(world, source)).json()["status"] == "updated"
        assert (await job_of(recruiter, created))["state"] == "open"
        assert len(await recruiter.get(f"/api/v1/accounts/{recruiter.id}/statuses")) == 1

    async def test_fills_what_is_not_said_from_the_defaults_and_says_so(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        defaults = {"headcount": 4, "salary": {"min": 10000}, "valid_days": 30, "workplace_type": "remote"}
        source = await new_source(recruiter, defaults=defaults)
        bare = {"external_id": "b", "title": "客服", "description_html": "接电话"}
        created = (await send(world, source, bare, expect=202)).json()
        job = await job_of(recruiter, created)
        assert (job["headcount"], job["salary"]["text"], job["workplace_type"]) == (4, "10K 起/月", "remote")
        assert job["valid_through"] == str((datetime.now(UTC) + timedelta(hours=8, days=30)).date())
        assert sorted(job["assumed"]) == [
            "employment_type",
            "headcount",
            "requirements",
            "salary",
            "valid_through",
            "workplace_type",
        ]
        assert job["language"] == "zh"
        await send(world, source, bare, headcount=2, expect=202)
        job = await job_of(recruiter, created)
        assert (job["headcount"], "headcount" in job["assumed"]) == (2, False)

    async def test_without_a_default_the_pay_is_negotiable(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        push = {key: value for key, value in A_PUSH.items() if key != "salary"}
        job = await job_of(recruiter, (await send(world, source, push, expect=202)).json())
        assert (job["salary"]["text"], job["assumed"]) == ("面议", ["salary", "requirements"])

    async def test_keeps_what_cannot_be_applied_with_the_reason(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        for fields, status, field in (
            ({"title": ""}, 422, "data.title"),
            ({"title": "x" * 121}, 422, "data.title"),
            ({"external_id": ""}, 422, "data.external_id"),
            ({"external_id": "a\x00"}, 422, "data.external_id"),
            ({"title": "a\x00"}, 422, "body"),
            ({"salary": {"min": 5, "max": 1}}, 422, "data.salary"),
            ({"description_html": "<script>x</script>"}, 422, "description_html"),
            ({"locations": None, "workplace_type": "on_site"}, 422, "locations"),
            ({"valid_through": "2020-01-01"}, 422, "valid_through"),
        ):
            id = secrets.token_hex(8)
            refused = (await send(world, source, id=id, expect=status, **fields)).json()
            assert (refused["status"], refused["code"]) == ("rejected", "validation_failed")
            assert list(refused["details"]) == [field]
            again = await send(world, source, id=id, expect=422, **fields)
            assert again.json() == refused
        receipts = await recruiter.get(f"{SOURCES}/{source['id']}/receipts", limit=100)
        assert {receipt["status"] for receipt in receipts} == {"rejected"}
        assert len(receipts) == 9
        (listed,) = await recruiter.get(SOURCES)
        assert listed["last_error"].startswith("Validation failed")
        assert await recruiter.get("/api/v1/timelines/public") == []

    async def test_ignores_what_asks_nothing(self, world: World) -> None:
        source = await new_source(await world.person("recruiter"))
        for type in ("ping", "application.created"):
            assert (await send(world, source, type=type, expect=202)).json()["status"] == "ignored"


class TestReplay:
    async def test_twenty_times_at_once_gives_one_post_and_one_receipt(
        self, world: World, resources: Resources
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        answers = await asyncio.gather(*(send(world, source, id="same") for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
        assert len({answer.text for answer in answers}) == 1
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1
        assert len(await recruiter.get(f"{SOURCES}/{source['id']}/receipts")) == 1

    async def test_of_different_messages_about_one_job_at_once_makes_one_job(
        self, world: World, resources: Resources
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        answers = await asyncio.gather(*(send(world, source, headcount=n + 1) for n in range(8)))
        assert {answer.status_code for answer in answers} == {202}
        assert sorted(answer.json()["status"] for answer in answers)[0] == "created"
        assert len({answer.json()["job_id"] for answer in answers}) == 1
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM jobs")) == 1

    async def test_of_the_same_id_by_another_source_is_another_message(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        one, two = await new_source(recruiter, organization), await new_source(recruiter, organization)
        first = (await send(world, one, id="same", expect=202)).json()
        second = (await send(world, two, id="same", expect=202)).json()
        assert first["job_id"] != second["job_id"]


class TestBounds:
    async def test_of_another_organization_stay_closed(self, world: World) -> None:
        mine, theirs = await world.people("mine", "theirs")
        source = await new_source(mine)
        created = (await send(world, source, expect=202)).json()
        foreign = await new_source(theirs, await theirs.organization("别家"))
        for type in ("job.closed", "job.deleted"):
            answer = (await send(world, foreign, {"external_id": "req-17"}, type=type, expect=202)).json()
            assert (answer["status"], answer["job_id"]) == ("unchanged", None)
        other = (await send(world, foreign, title="偷来的", expect=202)).json()
        assert (other["status"], other["job_id"] != created["job_id"]) == ("created", True)
        job = await job_of(mine, created)
        assert (job["state"], job["title"]) == ("open", "数据工程师")

    async def test_cannot_reach_our_own_columns(self, world: World) -> None:
        mine, theirs = await world.people("mine", "theirs")
        organization = await theirs.organization()
        source = await new_source(mine)
        job = await job_of(
            mine,
            (
                await send(
                    world,
                    source,
                    organization_id=organization["id"],
                    author_id=theirs.id,
                    state="closed",
                    id="1",
                    post_id=1,
                )
            ).json(),
        )
        assert job["organization"]["id"] == source["organization_id"]
        assert job["state"] == "open"

    async def test_of_size_are_kept(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        body = json.dumps({"type": "ping", "pad": "x" * (1024 * 1024)})
        refused = await world.client.post(source["url"], content=body, headers=signed(source, body, id="m1"))
        assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")

        async def chunks() -> Any:
            for _ in range(20):
                yield b"x" * 65_536

        refused = await world.client.post(source["url"], content=chunks())
        assert refused.status_code == 413
        assert await recruiter.get(f"{SOURCES}/{source['id']}/receipts") == []

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", "null", '"x"', "[" * 100_000, '{"type": 7}', '{"type": "job.upsert"}']
    )
    async def test_of_understanding_are_told(self, world: World, body: str) -> None:
        source = await new_source(await world.person("recruiter"))
        refused = await world.client.post(source["url"], content=body, headers=signed(source, body, id="m1"))
        assert refused.status_code in (400, 422), refused.text
        assert refused.json()["status"] == "rejected"
