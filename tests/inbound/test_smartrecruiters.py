"""SmartRecruiters' thin webhooks, and their API, through HTTP."""

import json
import time
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.settings import Settings
from tests.inbound import samples
from tests.inbound.feed_server import FeedServer
from tests.inbound.signing import SOURCES, hex_of, job_of, receipts_of, source_of
from tests.people import World

pytestmark = pytest.mark.anyio

KEY = "the-key-of-their-api"
# The form of `GET /jobs/:id`; what it pays is the employer's own.
JOB: dict[str, Any] = {
    **{name: value for name, value in samples.SMARTRECRUITERS_POSTING.items() if name not in ("name", "visibility")},
    "id": "j1",
    "title": "定价分析师",
    "status": "SOURCING",
    "postingStatus": "PUBLIC",
    "updatedOn": "2026-11-20T10:00:00.000Z",
    "compensation": {"min": 1, "max": 2, "currency": "USD"},
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"outbound_allow_networks": "127.0.0.0/8"})


async def send(
    world: World,
    source: dict[str, Any],
    event_id: str = "1",
    *,
    event: str = "job.updated",
    job: str = "j1",
    secrets: tuple[str, ...] = (),
    at: float | None = None,
    link: str | None = None,
) -> httpx2.Response:
    body = json.dumps({"job_id": job}).encode()
    timestamp = str(int(time.time() if at is None else at))
    head = {"event-id": event_id, "event-name": event, "event-version": "v201910"} | ({"link": link} if link else {})
    signed = b".".join(
        [
            timestamp.encode(),
            body,
            *(head.get(n, "").encode() for n in ("event-id", "event-name", "event-version", "link")),
        ]
    )
    signature = ";".join(f"v1={hex_of(secret, signed)}" for secret in secrets or (source["secret"],))
    headers = {
        **head,
        "content-type": "application/json",
        "smartrecruiters-timestamp": timestamp,
        "smartrecruiters-signature": signature,
    }
    return await world.client.post(source["url"], content=body, headers=headers)


class TestReceive:
    async def test_reads_the_job_by_their_api_and_nowhere_else(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        async with FeedServer({"/jobs/j1": lambda: (200, {}, json.dumps(JOB).encode())}) as api:
            source = await source_of(recruiter, "smartrecruiters", url=api.url, api_key=KEY)
            assert source["has_api_key"]
            assert KEY not in str(source)
            taken = await send(world, source, link="<http://169.254.169.254/jobs/j1>; rel=self")
            assert (taken.status_code, taken.json()["status"]) == (202, "pending")
            await world.settle()
            (receipt,) = await receipts_of(recruiter, source)
            assert receipt["status"] == "created"
            ((path, headers),) = api.asked
            assert (path, headers["x-smarttoken"]) == ("/jobs/j1", KEY)
            job = await recruiter.get(f"/api/weizhi/v1/jobs/{receipt['job_id']}")
            assert (job["title"], job["state"], job["salary"]["negotiable"]) == ("定价分析师", "open", True)
            again = await send(world, source)
            assert (again.status_code, again.json()["job_id"]) == (200, receipt["job_id"])

            api.answers["/jobs/j1"] = lambda: (
                200,
                {},
                json.dumps({**JOB, "postingStatus": "INTERNAL", "updatedOn": "2026-11-21T10:00:00Z"}).encode(),
            )
            await send(world, source, "2", event="job.status.updated")
            await world.settle()
            assert (await job_of(recruiter, again))["state"] == "paused"
            del api.answers["/jobs/j1"]
            await send(world, source, "3")
            await world.settle()
            assert (await job_of(recruiter, again))["state"] == "closed"

    async def test_takes_the_key_to_no_other_host(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        async with (
            FeedServer({"/jobs/j1": lambda: (200, {}, json.dumps(JOB).encode())}) as other,
            FeedServer({}) as api,
        ):
            api.answers["/jobs/j1"] = lambda: (302, {"Location": f"{other.url}/jobs/j1"}, b"")
            source = await source_of(recruiter, "smartrecruiters", url=api.url, api_key=KEY)
            await send(world, source)
            await world.settle()
        assert [headers.get("x-smarttoken") for _, headers in (*api.asked, *other.asked)] == [KEY, None]
        assert [receipt["status"] for receipt in await receipts_of(recruiter, source)] == ["created"]

    async def test_tries_again_what_cannot_be_read_and_replays_what_was_given_up(
        self, world: World, resources: Resources
    ) -> None:
        recruiter = await world.person("recruiter")
        async with FeedServer({"/jobs/j1": lambda: (503, {}, b"")}) as api:
            source = await source_of(recruiter, "smartrecruiters", url=api.url, api_key=KEY)
            await send(world, source)
            for _ in range(12):
                await world.settle()
                async with resources.db.transaction() as session:
                    await session.execute(text("UPDATE tasks SET run_at = now() WHERE handler = 'inbound.fetch'"))
            (receipt,) = await receipts_of(recruiter, source)
            assert (receipt["status"], receipt["code"], len(api.asked)) == ("rejected", "fetch_failed", 8)
            api.answers["/jobs/j1"] = lambda: (200, {}, json.dumps(JOB).encode())
            path = f"{SOURCES}/{source['id']}/receipts/{receipt['receipt_id']}"
            assert (await recruiter.post(f"{path}/replay"))["status"] == "pending"
            await world.settle()
            whole = await recruiter.get(path)
        assert [step["status"] for step in whole["history"]] == ["pending", "rejected", "pending", "created"]

    async def test_answers_the_activation(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "smartrecruiters", api_key=KEY)
        answer = await world.client.post(source["url"], headers={"X-Hook-Secret": "4jn8fs9011jj8"})
        assert (answer.status_code, answer.headers["x-hook-secret"]) == (200, "4jn8fs9011jj8")
        assert (await world.client.post(source["url"], headers={"X-Hook-Secret": "a b"})).status_code == 401
        other = await source_of(recruiter, "ashby", await recruiter.organization("别家"))
        assert (await world.client.post(other["url"], headers={"X-Hook-Secret": "4jn8"})).status_code == 401
        assert await receipts_of(recruiter, source) == []

    async def test_takes_either_key_while_both_go_on(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "smartrecruiters", api_key=KEY, secret="their-first-secret-key")
        new = "their-second-secret-key"
        both = await send(world, source, "1", event="application.created", secrets=(new, source["secret"]))
        assert (both.status_code, both.json()["status"]) == (202, "ignored")
        await recruiter.post(f"{SOURCES}/{source['id']}/rotate", {"secret": new})
        for event_id, secrets in (("2", (new,)), ("3", (source["secret"],)), ("4", (source["secret"], new))):
            answer = await send(world, source, event_id, event="application.created", secrets=secrets)
            assert answer.status_code == 202
        assert (await send(world, source, "5", secrets=("no-key-at-all",))).status_code == 401

    async def test_refuses_another_time(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        source = await source_of(recruiter, "smartrecruiters", api_key=KEY)
        for seconds in (-400, 400):
            refused = await send(world, source, at=time.time() + seconds)
            assert (refused.status_code, refused.json()["code"]) == (401, "timestamp_out_of_range")

    async def test_needs_a_key_to_read_with(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        body = {"kind": "smartrecruiters", "organization_id": organization["id"]}
        await recruiter.post(SOURCES, body, expect=422)
