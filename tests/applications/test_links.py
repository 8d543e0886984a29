"""Applying elsewhere, and what recruiters ask of many applications, through HTTP."""

import re

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import APPLICATIONS, apply
from tests.applications.test_stages import move
from tests.people import World

pytestmark = pytest.mark.anyio

ELSEWHERE = "https://yunshan.example/apply?job=1"


class TestFollow:
    async def test_leads_to_the_employers_page_alone_and_counts_the_way(
        self, world: World, resources: Resources
    ) -> None:
        recruiter, anna, reader = await world.people("recruiter", "anna", "reader")
        job = await recruiter.publishes_job(apply_url=ELSEWHERE)
        by_anna = await anna.reposts({"id": job["status_id"]})
        asked = {"via": by_anna["id"], "url": "https://evil.example", "apply_url": "https://evil.example"}
        for path in (f"/jobs/{job['id']}/apply", f"/api/weizhi/v1/jobs/{job['id']}/apply"):
            answer = await world.client.get(path, params=asked)
            assert (answer.status_code, answer.headers["location"]) == (303, ELSEWHERE)
            assert answer.headers["cache-control"] == "no-store"
        for _ in range(2):
            await reader.request("GET", f"/api/weizhi/v1/jobs/{job['id']}/apply", params=asked, expect=303)
        # Links grow old: what names nothing of the tree is passed over.
        await world.client.get(f"/jobs/{job['id']}/apply", params={"via": "1"})
        async with resources.db.reading() as session:
            rows = await session.execute(text("SELECT account_id, via_post_id FROM apply_clicks ORDER BY id"))
            via, root = int(by_anna["id"]), int(job["status_id"])
            assert [tuple(row) for row in rows] == [(None, via), (None, via), (int(reader.id), via), (None, root)]

    async def test_of_a_card_is_counted_by_the_post_that_showed_it(self, world: World, resources: Resources) -> None:
        recruiter, anna, reader = await world.people("recruiter", "anna", "reader")
        job = await recruiter.publishes_job(apply_url=ELSEWHERE)
        by_anna = await anna.reposts({"id": job["status_id"]})
        await reader.follows(anna)
        await world.settle()
        (shown,) = await reader.home()
        card = shown["reblog"]["card"]["url"].removeprefix("http://weizhi.test")
        page = (await world.client.get(card)).text
        (way,) = re.findall(r'href="(/jobs/\d+/apply\?t=[\w-]+)"', page)
        # Not signed in, and by a link that somebody made up.
        for path in (way, way[:-3] + "AAA"):
            assert (await world.client.get(path)).headers["location"] == ELSEWHERE
        async with resources.db.reading() as session:
            rows = await session.execute(text("SELECT via_post_id, inference FROM apply_clicks ORDER BY id"))
            via, root = int(by_anna["id"]), int(job["status_id"])
            assert [tuple(row) for row in rows] == [(via, "card"), (root, "direct")]

    async def test_is_refused_where_there_is_nowhere_to_go(self, world: World) -> None:
        recruiter, reader = await world.people("recruiter", "reader")
        here, elsewhere = await recruiter.publishes_job(), await recruiter.publishes_job(apply_url=ELSEWHERE)
        answer = await world.client.get(f"/jobs/{here['id']}/apply")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_apply_url")
        await recruiter.post(f"/api/weizhi/v1/jobs/{elsewhere['id']}/close")
        assert (await world.client.get(f"/jobs/{elsewhere['id']}/apply")).status_code == 410
        assert (await world.client.get("/jobs/1/apply")).status_code == 404
        refused = await apply(reader, here, 409, mode="url")
        assert refused["code"] == "no_apply_url"

    async def test_may_be_kept_as_an_application(self, world: World) -> None:
        recruiter, reader = await world.people("recruiter", "reader")
        job = await recruiter.publishes_job(apply_url=ELSEWHERE)
        made = await apply(reader, job, mode="url")
        assert (made["mode"], made["apply_url"]) == ("url", ELSEWHERE)


class TestMany:
    async def test_are_counted_and_chosen_by_stage_job_and_organization(self, world: World) -> None:
        recruiter, rival, *people = await world.people("recruiter", "rival", "a", "b", "c")
        organization = await recruiter.organization()
        job, other = await recruiter.publishes_job(organization), await recruiter.publishes_job(organization)
        made = [await apply(person, job) for person in people]
        elsewhere = await apply(people[0], other)
        await move(recruiter, made[1], "interview")

        async def ids(**params: str) -> list[str]:
            return [one["id"] for one in await recruiter.get(APPLICATIONS, **params)]

        in_order = [one["id"] for one in (elsewhere, made[2], made[1], made[0])]
        assert await ids(organization_id=organization["id"]) == in_order
        assert await ids(job_id=job["id"], stage="interview") == [made[1]["id"]]
        assert await ids(organization_id=organization["id"], stage="applied") == [in_order[0], in_order[1], in_order[3]]
        counts = f"{APPLICATIONS}/counts"
        assert await recruiter.get(counts, job_id=job["id"]) == {"stages": {"applied": 2, "interview": 1}, "total": 3}
        assert (await recruiter.get(counts, organization_id=organization["id"]))["total"] == 4
        await recruiter.get(counts, expect=422)
        for params in ({"job_id": job["id"]}, {"organization_id": organization["id"]}):
            await rival.get(counts, expect=403, **params)
            await rival.get(APPLICATIONS, expect=403, **params)
        await recruiter.get(APPLICATIONS, job_id=job["id"], stage="dreaming", expect=422)
