"""A job takes applications while it is open and its validity lasts, and is seen while its author may be."""

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import World

pytestmark = pytest.mark.anyio


async def test_a_job_past_its_validity_takes_no_applications_and_is_not_found(
    world: World, resources: Resources
) -> None:
    recruiter, bo = await world.people("recruiter", "bo")
    job = await recruiter.publishes_job()
    await world.settle()
    assert len((await bo.get("/api/weizhi/v1/jobs"))["jobs"]) == 1
    async with resources.db.transaction() as session:
        await session.execute(text("UPDATE jobs SET valid_through = '2020-01-01'"))
        await session.execute(text("UPDATE search_jobs SET valid_through = '2020-01-01'"))

    refused = await bo.post(f"/api/weizhi/v1/jobs/{job['id']}/applications", expect=410)

    assert refused["code"] == "job_closed"
    # The task that ends it may be late; readers are told the truth before.
    assert (await bo.get(f"/api/weizhi/v1/jobs/{job['id']}"))["state"] == "expired"
    assert (await bo.get(f"/api/v1/statuses/{job['status_id']}"))["weizhi"]["job"]["state"] == "expired"
    assert "已过期" in (await world.client.get(f"/jobs/{job['id']}")).text
    assert (await bo.get("/api/weizhi/v1/jobs"))["jobs"] == []


async def test_a_suspended_recruiters_job_is_hidden_everywhere(world: World, resources: Resources) -> None:
    recruiter, bo = await world.people("recruiter", "bo")
    job = await recruiter.publishes_job()
    async with resources.db.transaction() as session:
        await session.execute(
            text("UPDATE accounts SET suspended_at = now() WHERE id = :id"), {"id": int(recruiter.id)}
        )

    for path in (f"/api/weizhi/v1/jobs/{job['id']}", f"/jobs/{job['id']}", f"/api/v1/statuses/{job['status_id']}"):
        assert (await bo.request("GET", path)).status_code == 404, path
    await bo.post("/api/v1/statuses", {"status": "回复", "in_reply_to_id": job["status_id"]}, expect=404)
    await bo.post(f"/api/weizhi/v1/jobs/{job['id']}/applications", expect=404)


async def test_publishing_again_with_the_same_key_gives_the_published_job(world: World) -> None:
    recruiter = await world.person("recruiter")
    job = await recruiter.publishes_job()
    draft = await recruiter.post(f"/api/weizhi/v1/jobs/{job['id']}/pause")
    first, again = [
        await recruiter.post(f"/api/weizhi/v1/jobs/{draft['id']}/publish", **{"Idempotency-Key": "k1"})
        for _ in range(2)
    ]
    assert first == again
    await recruiter.post(f"/api/weizhi/v1/jobs/{draft['id']}/publish", expect=409)


async def test_optional_facts_can_be_taken_back(world: World) -> None:
    recruiter = await world.person("recruiter")
    job = await recruiter.publishes_job(apply_url="https://yunshan.example/apply", education="bachelor")
    path = f"/api/weizhi/v1/jobs/{job['id']}"
    changed = (await recruiter.request("PATCH", path, json={"apply_url": None, "education": None}, expect=200)).json()
    assert (changed["apply_mode"], changed["apply_url"], changed["education"]) == ("internal", None, None)
