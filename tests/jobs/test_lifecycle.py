"""How jobs end, go on and disappear, through HTTP and the worker."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.jobs.rules import end_of, today
from app.jobs.service import EXPIRE
from app.outbox.publish import enqueue
from tests.organizations.test_routes import seat
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

JOBS = "/api/weizhi/v1/jobs"
ORGANIZATIONS = "/api/weizhi/v1/organizations"


async def make_overdue(resources: Resources, world: World) -> None:
    """Let every job's last day have been yesterday, and its task run."""
    yesterday = today(datetime.now(UTC)) - timedelta(days=1)
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE jobs SET valid_through = :day"), {"day": yesterday})
        await enqueue(session, EXPIRE, [(yesterday.isoformat(), {"day": yesterday.isoformat()})])
    await world.settle()


async def renew(person: Person, job: dict[str, Any], until: date | None = None, expect: int = 200) -> dict[str, Any]:
    body = {"valid_through": until.isoformat()} if until else {}
    return await person.post(f"{JOBS}/{job['id']}/renew", body, expect=expect)


async def topics(resources: Resources, job: dict[str, Any]) -> list[str]:
    async with resources.db.reading() as session:
        query = text("SELECT action FROM audit_log WHERE object_id = :id ORDER BY id")
        return list(await session.scalars(query, {"id": int(job["id"])}))


class TestExpiry:
    def test_comes_when_the_day_ends_in_china(self) -> None:
        assert end_of(date(2026, 11, 30)) == datetime(2026, 11, 30, 16, tzinfo=UTC)
        assert today(end_of(date(2026, 11, 30)) - timedelta(microseconds=1)) == date(2026, 11, 30)
        assert today(end_of(date(2026, 11, 30))) == date(2026, 12, 1)

    async def test_has_its_task_at_that_moment_wherever_the_day_is_set(
        self, world: World, resources: Resources
    ) -> None:
        anna = await world.person("anna")
        job = await anna.publishes_job(valid_through="2098-01-01")
        await anna.request("PATCH", f"{JOBS}/{job['id']}", json={"valid_through": "2098-01-02"}, expect=200)
        async with resources.db.reading() as session:
            due = list(await session.scalars(text(f"SELECT run_at FROM tasks WHERE handler = '{EXPIRE}' ORDER BY 1")))
        assert due == [datetime(2098, 1, day, 16, tzinfo=UTC) for day in (1, 2)]

    async def test_ends_open_and_paused_jobs_and_says_so_everywhere(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        job, paused = [await anna.publishes_job(organization) for _ in range(2)]
        kept = await anna.post(JOBS, {**A_JOB, "organization_id": organization["id"]})
        await anna.post(f"{JOBS}/{paused['id']}/pause")
        await make_overdue(resources, world)
        shown = await bo.get(f"{JOBS}/{job['id']}")
        assert shown["state"] == "expired"
        assert shown["closed_at"] is not None
        assert (await anna.get(f"{JOBS}/{paused['id']}"))["state"] == "expired"
        assert (await anna.get(f"{JOBS}/{kept['id']}"))["state"] == "draft"
        assert "【招聘·已过期】" in (await bo.get(f"/api/v1/statuses/{job['status_id']}"))["content"]
        assert "已停止招聘" in (await world.client.get(f"/jobs/{job['id']}")).text
        assert (await bo.get(JOBS))["jobs"] == []
        assert (await bo.post(f"{JOBS}/{job['id']}/applications", expect=410))["code"] == "job_closed"
        assert await topics(resources, job) == ["job.created", "job.published", "job.expired"]
        await make_overdue(resources, world)
        assert (await topics(resources, job)).count("job.expired") == 1

    async def test_leaves_nothing_to_do_but_renew(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        job = await anna.publishes_job()
        await make_overdue(resources, world)
        for verb in ("publish", "pause", "close", "fill"):
            assert (await anna.post(f"{JOBS}/{job['id']}/{verb}", expect=409))["code"] == "invalid_transition"
        assert (await renew(anna, job))["state"] == "open"

    async def test_leaves_a_job_alone_on_its_last_day(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        job = await anna.publishes_job(valid_through=today(datetime.now(UTC)).isoformat())
        async with resources.db.transaction() as session:
            await enqueue(session, EXPIRE, [("now", {})])
        await world.settle()
        assert (await anna.get(f"{JOBS}/{job['id']}"))["state"] == "open"


class TestRenew:
    async def test_reopens_what_expired_for_thirty_days(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        job = await anna.publishes_job()
        await make_overdue(resources, world)
        again = await renew(anna, job)
        day = today(datetime.now(UTC))
        assert (again["state"], again["closed_at"]) == ("open", None)
        assert again["valid_through"] == (day + timedelta(days=30)).isoformat()
        assert (again["status_id"], again["published_at"]) == (job["status_id"], job["published_at"])
        await world.settle()
        assert "【招聘】" in (await bo.get(f"/api/v1/statuses/{job['status_id']}"))["content"]
        assert [one["id"] for one in (await bo.get(JOBS))["jobs"]] == [job["id"]]

    async def test_extends_what_is_open_or_paused_within_bounds(self, world: World) -> None:
        anna = await world.person("anna")
        day = today(datetime.now(UTC))
        job = await anna.publishes_job(valid_through=day.isoformat())
        assert (await renew(anna, job, day + timedelta(days=180)))["state"] == "open"
        for until, error in ((181, "valid_through_too_far"), (180, "valid_through_too_early")):
            refused = await renew(anna, job, day + timedelta(days=until), expect=422)
            assert refused["details"]["valid_through"][0]["error"] == error
        paused = await anna.publishes_job(valid_through=day.isoformat())
        await anna.post(f"{JOBS}/{paused['id']}/pause")
        assert (await renew(anna, paused))["state"] == "paused"

    @pytest.mark.parametrize("verb", ["close", "fill", None])
    async def test_opens_nothing_that_was_ended_or_never_began(self, world: World, verb: str | None) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        job = await anna.post(JOBS, {**A_JOB, "organization_id": organization["id"]})
        if verb:
            await anna.post(f"{JOBS}/{job['id']}/publish")
            await anna.post(f"{JOBS}/{job['id']}/{verb}")
        assert (await renew(anna, job, expect=409))["code"] == "invalid_transition"


class TestStates:
    @pytest.mark.parametrize(
        ("verb", "head"), [("pause", "招聘·已暂停"), ("close", "招聘·已结束"), ("fill", "招聘·已招满")]
    )
    async def test_stand_first_in_the_post(self, world: World, resources: Resources, verb: str, head: str) -> None:
        anna = await world.person("anna")
        job = await anna.publishes_job()
        await anna.post(f"{JOBS}/{job['id']}/{verb}")
        assert f"【{head}】" in (await anna.get(f"/api/v1/statuses/{job['status_id']}"))["content"]
        topic = "job.paused" if verb == "pause" else "job.closed"
        assert (await topics(resources, job))[-1] == topic

    async def test_the_post_of_a_job_is_not_edited_by_itself(self, world: World) -> None:
        anna = await world.person("anna")
        job = await anna.publishes_job()
        path = f"/api/v1/statuses/{job['status_id']}"
        refused = await anna.request("PUT", path, json={"status": "别的"}, expect=422)
        assert refused.json()["code"] == "cannot_edit"


class TestDelete:
    async def test_drops_a_draft(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        job = await anna.post(JOBS, {**A_JOB, "organization_id": organization["id"]})
        await bo.request("DELETE", f"{JOBS}/{job['id']}", expect=404)
        assert (await anna.request("DELETE", f"{JOBS}/{job['id']}", expect=200)).json() == {}
        await anna.get(f"{JOBS}/{job['id']}", expect=404)
        assert await topics(resources, job) == ["job.created", "job.deleted"]

    async def test_takes_the_post_with_it_and_leaves_the_job_to_its_seats(
        self, world: World, resources: Resources
    ) -> None:
        anna, bo, reader = await world.people("anna", "bo", "reader")
        organization = await anna.organization()
        job = await anna.publishes_job(organization)
        await seat(resources, bo, organization, "recruiter")
        await reader.post(f"{JOBS}/{job['id']}/applications", {"consent": True})
        # Whoever wrote it may be gone: it is their colleague who deletes it.
        await bo.request("DELETE", f"{JOBS}/{job['id']}", expect=200)
        await world.settle()
        await anna.get(f"/api/v1/statuses/{job['status_id']}", expect=404)
        assert (await world.client.get(f"/jobs/{job['id']}")).status_code == 404
        await reader.get(f"{JOBS}/{job['id']}", expect=404)
        assert (await anna.get(f"{JOBS}/{job['id']}"))["state"] == "closed"
        assert len(await anna.get("/api/weizhi/v1/applications", job_id=job["id"])) == 1
        assert await topics(resources, job) == ["job.created", "job.published", "job.closed"]
        async with resources.db.reading() as session:
            post = {"id": int(job["status_id"])}
            assert await session.scalar(text("SELECT text FROM posts WHERE id = :id"), post) == ""
            by = text("SELECT actor_id FROM audit_log WHERE action = 'post.deleted' AND object_id = :id")
            assert await session.scalar(by, post) == int(bo.id)
        await anna.request("DELETE", f"{JOBS}/{job['id']}", expect=404)


class TestList:
    async def test_shows_every_seat_all_jobs_by_state_in_pages(self, world: World, resources: Resources) -> None:
        anna, viewer, stranger = await world.people("anna", "viewer", "stranger")
        organization = await anna.organization()
        draft = await anna.post(JOBS, {**A_JOB, "organization_id": organization["id"]})
        jobs = [draft, *[await anna.publishes_job(organization) for _ in range(2)]]
        await anna.post(f"{JOBS}/{jobs[2]['id']}/pause")
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO seats (organization_id, account_id, role) VALUES (:id, :account, 'viewer')"),
                {"id": int(organization["id"]), "account": int(viewer.id)},
            )
        path = f"{ORGANIZATIONS}/{organization['id']}/jobs"
        assert [one["id"] for one in await viewer.get(path)] == [one["id"] for one in reversed(jobs)]
        assert [one["id"] for one in await viewer.get(path, state="paused")] == [jobs[2]["id"]]
        first = await viewer.request("GET", path, params={"limit": 2, "state": ""}, expect=422)
        first = await viewer.request("GET", path, params={"limit": 2}, expect=200)
        assert f"max_id={jobs[1]['id']}" in first.headers["Link"]
        assert [one["id"] for one in await viewer.get(path, limit=2, max_id=jobs[1]["id"])] == [draft["id"]]
        assert (await stranger.get(path, expect=403))["code"] == "not_seat_member"
        await anna.get(f"{ORGANIZATIONS}/1/jobs", expect=404)
