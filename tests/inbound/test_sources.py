"""Changing, turning off, deleting inbound sources, and giving them new secrets, through HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.inbound.rules import is_stale
from tests.inbound.signing import SOURCES, ashby, job_of, receipts_of, source_of
from tests.inbound.test_ashby import POSTING
from tests.inbound.test_standard import new_source, send
from tests.people import World
from tests.test_story import GREENHOUSE_POST, greenhouse_source, push

pytestmark = pytest.mark.anyio


class TestUpdate:
    async def test_replaces_defaults_and_mapping(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        mapping = {
            "fields": {"headcount": "custom.openings", "skills": "tags.0"},
            "locations": {" Remote:  united STATES": {"city": "杭州", "country": "CN"}},
            "employment_types": {"contract": "PART_TIME"},
            "workplace_types": {"Flex": "hybrid"},
        }
        changed = await recruiter.request(
            "PATCH", f"{SOURCES}/{source['id']}", json={"mapping": mapping, "defaults": {"headcount": 9}}, expect=200
        )
        assert changed.json()["defaults"]["headcount"] == 9
        assert list(changed.json()["mapping"]["locations"]) == ["remote: united states"]
        posting = {**POSTING, "workplaceType": "Flex", "custom": {"openings": "7"}, "tags": ["Go, Python；SQL"]}
        created = await ashby(world, source, "jobPostingPublish", {"jobPosting": posting})
        job = await job_of(recruiter, created)
        assert (job["headcount"], job["skills"]) == (7, ["Go", "Python", "SQL"])
        assert (job["locations"][0]["city"], job["employment_type"]) == ("杭州", "PART_TIME")
        assert (job["workplace_type"], "headcount" in job["assumed"]) == ("hybrid", False)

    async def test_never_maps_what_is_internal(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        fields = {"description_html": "internal_content", "requirements": "internal_content"}
        await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": {"fields": fields}}, expect=200)
        created = await push(world, source, GREENHOUSE_POST)
        assert "预算" not in str(await job_of(recruiter, created))

    @pytest.mark.parametrize(
        "mapping",
        [
            {"fields": {"state": "x"}},
            {"fields": {"title": "a..b"}},
            {"fields": {"title": ".".join("abcdefghijkl")}},
            {"employment_types": {"x": "SLAVE"}},
            {"locations": {"x": {}}},
            {"locations": {str(n): {"city": "杭州"} for n in range(201)}},
        ],
    )
    async def test_refuses_a_mapping_that_is_none(self, world: World, mapping: dict[str, Any]) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        refused = await recruiter.request("PATCH", f"{SOURCES}/{source['id']}", json={"mapping": mapping})
        assert refused.status_code == 422

    async def test_turns_off_and_on(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        path = f"{SOURCES}/{source['id']}"
        off = (await recruiter.request("PATCH", path, json={"enabled": False}, expect=200)).json()
        refused = await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING})
        assert (off["enabled"], refused.status_code, refused.json()["code"]) == (False, 403, "source_disabled")
        assert (await ashby(world, source, "ping", {}, secret="another")).status_code == 401
        assert await receipts_of(recruiter, source) == []
        await recruiter.request("PATCH", path, json={"enabled": True}, expect=200)
        assert (await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING})).status_code == 202


class TestRotate:
    async def test_lets_the_secret_before_go_on_for_a_time(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        rotated = await recruiter.post(f"{SOURCES}/{source['id']}/rotate", {"overlap_hours": 2})
        assert rotated["secret"] != source["secret"]
        assert rotated["previous_secret_until"] is not None
        for secret, said in ((source["secret"], "a"), (rotated["secret"], "b")):
            assert (await ashby(world, source, "ping", {"id": said}, secret=secret)).status_code == 202
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE inbound_sources SET previous_secret_until = now()"))
        assert (await ashby(world, source, "ping", {"id": "c"})).status_code == 401
        assert (await ashby(world, source, "ping", {"id": "c"}, secret=rotated["secret"])).status_code == 202

    async def test_ends_the_one_before_at_once_if_asked(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        rotated = await recruiter.post(
            f"{SOURCES}/{source['id']}/rotate", {"overlap_hours": 0, "secret": "made by the system".replace(" ", "-")}
        )
        assert (rotated["secret"], rotated["previous_secret_until"]) == ("made-by-the-system", None)
        assert (await ashby(world, source, "ping", {})).status_code == 401

    async def test_of_a_standard_source_makes_the_secret_itself(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await new_source(recruiter)
        path = f"{SOURCES}/{source['id']}/rotate"
        await recruiter.post(path, {"secret": "x" * 20}, expect=422)
        await recruiter.post(path)
        await send(world, source, expect=202)


class TestDelete:
    async def test_ends_the_source_and_leaves_its_jobs(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")
        created = await ashby(world, source, "jobPostingPublish", {"jobPosting": POSTING})
        await recruiter.request("DELETE", f"{SOURCES}/{source['id']}", expect=200)
        assert (await ashby(world, source, "ping", {})).status_code == 404
        for path in ("", "/receipts", f"/receipts/{created.json()['receipt_id']}"):
            await recruiter.get(f"{SOURCES}/{source['id']}{path}", expect=404)
        assert await recruiter.get(SOURCES) == []
        assert (await job_of(recruiter, created))["state"] == "open"


class TestOrder:
    async def test_what_is_older_by_the_source_s_own_time_changes_nothing(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")

        async def say(title: str, at: str | None, action: str = "jobPostingUpdate") -> str:
            told = {**POSTING, "title": title, "updatedAt": at}
            return str((await ashby(world, source, action, {"jobPosting": told, "n": title})).json()["status"])

        assert await say("二", "2026-11-20T10:00:00Z") == "created"
        assert await say("一", "2026-11-20T11:59:59+02:00") == "stale"
        assert await say("二改", "2026-11-20T10:00:00Z") == "updated"
        assert await say("不知何时", None) == "updated"
        assert await say("零", "2026-11-19T10:00:00Z") == "stale"
        (status,) = await recruiter.get("/api/v1/timelines/public")
        assert status["weizhi"]["job"]["title"] == "不知何时"

    async def test_what_came_before_a_removal_does_not_bring_the_job_back(self, world: World) -> None:
        source = await greenhouse_source(await world.person("recruiter"))
        post = GREENHOUSE_POST["payload"]
        removal = {
            "action": "job_post_deleted",
            "payload": {"job_post": {**post, "updated_at": "2026-11-21T00:00:00Z"}},
        }
        assert (await push(world, source, removal, event_id="2")).json()["status"] == "unchanged"
        late = await push(world, source, GREENHOUSE_POST, event_id="1")
        assert (late.status_code, late.json()["status"]) == (202, "stale")
        again = {**GREENHOUSE_POST, "payload": {**post, "updated_at": "2026-11-22T00:00:00Z"}}
        assert (await push(world, source, again, event_id="3")).json()["status"] == "created"

    @pytest.mark.parametrize(
        "removal",
        [
            {"action": "job_post_deleted", "payload": {"id": 1815002}},
            {"action": "job_post_deleted", "payload": {"job_post": GREENHOUSE_POST["payload"]}},
            {"action": "job_deleted", "payload": {"job": {"id": 1842002}}},
        ],
    )
    async def test_an_update_that_comes_after_the_removal_it_was_sent_before_changes_nothing(
        self, world: World, removal: dict[str, Any]
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        first = {**GREENHOUSE_POST["payload"], "updated_at": "2026-11-19T00:00:00Z"}
        created = await push(world, source, {**GREENHOUSE_POST, "payload": first}, event_id="1")
        assert (await push(world, source, removal, event_id="3")).json()["status"] == "closed"
        # As it was sent last before its end, and what somebody recorded under a number of their own.
        late = {"action": "job_post_updated", "payload": GREENHOUSE_POST["payload"]}
        for event_id in ("2", "4"):
            answer = await push(world, source, late, event_id=event_id)
            assert (answer.status_code, answer.json()["status"]) == (202, "stale")
        assert (await job_of(recruiter, created))["state"] == "closed"
        assert len(await recruiter.get("/api/v1/timelines/public")) == 1

    async def test_what_is_published_again_comes_back_whatever_the_time_of_its_words(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "ashby")

        async def say(action: str, number: int) -> str:
            return str((await ashby(world, source, action, {"jobPosting": POSTING, "n": number})).json()["status"])

        assert await say("jobPostingPublish", 1) == "created"
        assert await say("jobPostingUnpublish", 2) == "closed"
        assert await say("jobPostingUpdate", 3) == "stale"
        assert await say("jobPostingPublish", 4) == "created"

    async def test_a_clock_far_ahead_does_not_shut_out_what_comes_later(self, world: World) -> None:
        source = await new_source(await world.person("recruiter"))
        await send(world, source, updated_at="2099-01-01T00:00:00Z", expect=202)
        answer = await send(world, source, title="后来", updated_at="2026-11-25T00:00:00Z", expect=202)
        assert answer.json()["status"] == "updated"

    def test_is_by_our_time_where_the_source_tells_none(self) -> None:
        t = datetime(2026, 11, 20, tzinfo=UTC)
        later = t + timedelta(seconds=1)
        told = {"updated_at": None, "received_at": t, "known_updated_at": t, "known_received_at": later}
        assert is_stale(**told)
        assert not is_stale(**{**told, "received_at": later})
        assert is_stale(**{**told, "updated_at": t})
        # After an end: the same time is before it; what stands so now came after it, if it did.
        assert is_stale(**{**told, "updated_at": t, "received_at": later, "removed": True})
        assert not is_stale(**{**told, "updated_at": t, "received_at": later, "removed": True, "current": True})
        assert is_stale(**{**told, "removed": True, "current": True})
        assert not is_stale(**{**told, "updated_at": later})


class TestGreenhouse:
    async def test_closes_what_is_deleted_in_the_form_they_send(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        created = await push(world, source, GREENHOUSE_POST, event_id="1")
        removal = {"action": "job_post_deleted", "payload": {"job_post": {**GREENHOUSE_POST["payload"], "live": False}}}
        assert (await push(world, source, removal, event_id="2")).json()["status"] == "closed"
        assert (await job_of(recruiter, created))["state"] == "closed"

    @pytest.mark.parametrize(
        ("message", "state"),
        [
            ({"action": "job_deleted", "payload": {"job": {"id": 1842002, "name": "x"}}}, "closed"),
            ({"action": "job_updated", "payload": {"job": {"id": 1842002, "status": "closed"}}}, "closed"),
            ({"action": "job_updated", "payload": {"job": {"id": 1842002, "status": "open", "notes": "密"}}}, "open"),
            ({"action": "job_approved", "payload": {"job": {"id": 1842002, "status": "open"}}}, "open"),
            ({"action": "job_deleted", "payload": {"job": {"id": 7}}}, "open"),
        ],
    )
    async def test_heeds_the_end_of_the_job_that_a_post_belongs_to(
        self, world: World, message: dict[str, Any], state: str
    ) -> None:
        recruiter = await world.person("recruiter")
        source = await greenhouse_source(recruiter)
        created = await push(world, source, GREENHOUSE_POST, event_id="1")
        assert (await push(world, source, message, event_id="2")).status_code == 202
        assert (await job_of(recruiter, created))["state"] == state
