"""Looking receipts up, replaying what was rejected, and letting go of what is old, through HTTP."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.inbound import keeping
from tests.inbound.signing import SOURCES, ashby, job_of, receipts_of, source_of
from tests.inbound.test_standard import new_source, send
from tests.people import World
from tests.test_story import greenhouse_source, push

pytestmark = pytest.mark.anyio

UNKNOWN = {"employment_type": "Festanstellung"}
KNOWN = {"employment_types": {"festanstellung": "FULL_TIME"}}


async def rejected(world: World, source: dict[str, Any], *ids: str) -> list[dict[str, Any]]:
    """Messages with a word that only the source knows."""
    return [
        (await send(world, source, id=f"m-{id}", external_id=id, title=f"职位{id}", expect=422, **UNKNOWN)).json()
        for id in ids
    ]


class TestGet:
    async def test_shows_the_whole_message_and_its_history(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        sent = (await send(world, source, description_html="长" * 5000, expect=202)).json()
        (listed,) = await receipts_of(recruiter, source)
        whole = await recruiter.get(f"{SOURCES}/{source['id']}/receipts/{sent['receipt_id']}")
        assert len(listed["body"]) == 2000
        assert whole["body"].startswith(listed["body"])
        assert len(whole["body"]) > 5000
        assert [step["status"] for step in whole["history"]] == ["created"]

    async def test_finds_by_status_and_job(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        created = (await send(world, source, expect=202)).json()
        await rejected(world, source, "x")
        found = await receipts_of(recruiter, source, status="rejected")
        assert [receipt["message_id"] for receipt in found] == ["m-x"]
        found = await receipts_of(recruiter, source, job_id=created["job_id"])
        assert [receipt["receipt_id"] for receipt in found] == [created["receipt_id"]]

    async def test_of_another_source_is_not_found(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        one, two = await new_source(recruiter, organization), await new_source(recruiter, organization)
        (receipt,) = await rejected(world, one, "x")
        path = f"{SOURCES}/{two['id']}/receipts/{receipt['receipt_id']}"
        await recruiter.get(path, expect=404)
        await recruiter.post(f"{path}/replay", expect=404)


class TestBody:
    @pytest.mark.parametrize(
        ("message", "kept"),
        [
            (
                {
                    "action": "job_post_created",
                    "payload": {"id": 7, "title": "", "internal_content": "内部", "live": 1},
                },
                {"action": "job_post_created", "payload": {"id": 7, "title": "", "live": 1}},
            ),
            (
                {"action": "job_post_deleted", "payload": {"job_post": {"id": 7, "internal_content": "内部"}}},
                {"action": "job_post_deleted", "payload": {"job_post": {"id": 7}}},
            ),
            (
                {"action": "job_updated", "payload": {"job": {"id": 7, "status": "open", "notes": "内部"}}},
                {"action": "job_updated", "payload": {"job": {"id": 7, "status": "open"}}},
            ),
            ({"action": "hire_candidate", "payload": {"application": {"name": "内部"}}}, {"action": "hire_candidate"}),
            ({"action": "job_created", "payload": "内部"}, {"action": "job_created", "payload": "内部"}),
        ],
    )
    async def test_is_kept_without_what_is_internal(
        self, world: World, resources: Resources, message: dict[str, Any], kept: dict[str, Any]
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        answer = await push(world, source, message)
        whole = await recruiter.get(f"{SOURCES}/{source['id']}/receipts/{answer.json()['receipt_id']}")
        assert json.loads(whole["body"]) == kept
        async with resources.db.reading() as session:
            assert json.loads(await session.scalar(text("SELECT body FROM receipts")) or b"") == kept

    async def test_of_candidates_is_not_kept(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        await ashby(world, source, "candidateHire", {"application": {"candidate": {"name": "李雷"}}})
        await ashby(world, source, "jobUpdate", {"job": {"id": "j", "status": "Open", "hiringTeam": ["韩梅梅"]}})
        standard = await new_source(recruiter, {"id": source["organization_id"]})
        await send(world, standard, {"name": "李雷"}, type="candidate.hired")
        bodies = [
            json.loads(receipt["body"]) for one in (source, standard) for receipt in await receipts_of(recruiter, one)
        ]
        assert bodies == [
            {"action": "jobUpdate", "data": {"job": {"id": "j", "status": "Open"}}},
            {"action": "candidateHire"},
            {"type": "candidate.hired"},
        ]


class TestReplay:
    async def test_applies_once_what_the_mapping_now_understands(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        (receipt,) = await rejected(world, source, "x")
        path = f"{SOURCES}/{source['id']}/receipts/{receipt['receipt_id']}"
        still = await recruiter.post(f"{path}/replay")
        assert (still["status"], list(still["details"])) == ("rejected", ["data.employment_type"])
        await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": KNOWN}, expect=200)
        answers = await asyncio.gather(*(recruiter.request("POST", f"{path}/replay") for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
        done = await recruiter.get(path)
        assert [step["status"] for step in done["history"]] == ["rejected", "rejected", "created"]
        assert (done["status"], done["error"], done["code"]) == ("created", None, None)
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1
        again = await send(world, source, id="m-x", external_id="x", title="职位x", **UNKNOWN)
        assert (again.status_code, again.json()["job_id"]) == (200, done["job_id"])

    async def test_does_not_undo_what_came_since(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        (receipt,) = await rejected(world, source, "x")
        newer = await send(world, source, external_id="x", title="新的", expect=202)
        await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": KNOWN}, expect=200)
        replayed = await recruiter.post(f"{SOURCES}/{source['id']}/receipts/{receipt['receipt_id']}/replay")
        assert replayed["status"] == "stale"
        assert (await job_of(recruiter, newer))["title"] == "新的"

    async def test_of_a_period_takes_all_that_was_rejected_in_it(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        receipts = await rejected(world, source, "a", "b", "c")
        await send(world, source, external_id="fine", expect=202)
        async with resources.db.transaction() as session:
            await session.execute(
                text("UPDATE receipts SET created_at = created_at - interval '10 days' WHERE id = :id"),
                {"id": int(receipts[0]["receipt_id"])},
            )
        await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": KNOWN}, expect=200)
        now = datetime.now(UTC)
        period = {"since": str(now - timedelta(days=1)), "until": str(now + timedelta(seconds=5))}
        answer = await recruiter.post(f"{SOURCES}/{source['id']}/replay", period, expect=202)
        await world.settle()
        assert answer == {"receipts": 2}
        statuses = [receipt["status"] for receipt in await receipts_of(recruiter, source)]
        assert statuses == ["created", "created", "created", "rejected"]

    async def test_of_a_period_goes_on_in_pieces(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.inbound.receiving.REPLAYED_AT_ONCE", 2)
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        await rejected(world, source, "a", "b", "c", "d")
        await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": KNOWN}, expect=200)
        period = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
        assert await recruiter.post(f"{SOURCES}/{source['id']}/replay", period, expect=202) == {"receipts": 4}
        await world.settle()
        assert {receipt["status"] for receipt in await receipts_of(recruiter, source)} == {"created"}

    async def test_refuses_a_period_that_is_none(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        for since, until in (("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"), ("2026-01-01T00:00:00", "x")):
            await recruiter.post(f"{SOURCES}/{source['id']}/replay", {"since": since, "until": until}, expect=422)

    async def test_of_fifty_repeats_at_once_is_one_job(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        answers = await asyncio.gather(*(send(world, source, id="same") for _ in range(50)))
        assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
        assert len({answer.text for answer in answers}) == 1
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1


class TestForget:
    async def test_drops_bodies_then_receipts(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        (receipt,) = await rejected(world, source, "x")
        path = f"{SOURCES}/{source['id']}/receipts/{receipt['receipt_id']}"

        async def forget(days: float) -> int:
            async with resources.db.transaction() as session:
                return await keeping.forget(
                    session, body_days=90, days=400, now=datetime.now(UTC) + timedelta(days=days)
                )

        assert await forget(89) == 0
        assert (await recruiter.get(path))["body"]
        assert await forget(91) == 1
        assert (await recruiter.get(path))["body"] is None
        gone = await recruiter.post(f"{path}/replay", expect=410)
        assert gone["code"] == "body_gone"
        assert (await send(world, source, id="m-x", external_id="x")).status_code == 422
        assert await forget(401) == 1
        await recruiter.get(path, expect=404)
