"""Searching through HTTP, on what the worker indexed."""

import httpx2
import pytest

from tests.people import World

pytestmark = pytest.mark.anyio

SEARCH, JOBS = "/api/weizhi/v1/search/timeline", "/api/weizhi/v1/jobs"


class TestSearchJobs:
    async def test_finds_a_published_job_and_its_post(self, world: World, client: httpx2.AsyncClient) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job()
        await world.settle()
        answer = (await client.get(JOBS, params={"q": "远程 后端", "city": "杭州市", "skills[]": "python"})).json()
        assert [found["id"] for found in answer["jobs"]] == [job["id"]]
        assert answer["total"] == 1
        assert {"value": "杭州", "count": 1} in answer["facets"]["city"]
        posts = (await client.get(SEARCH, params={"q": "远程 后端", "kind": "job"})).json()
        assert [status["id"] for status in posts["statuses"]] == [job["status_id"]]

    async def test_filters_reach_the_index(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job()
        await world.settle()

        async def total(**parameters: str | int) -> int:
            answer = await recruiter.get(JOBS, **parameters)
            assert len(answer["jobs"]) == answer["total"]
            return int(answer["total"])

        assert await total() == 1
        assert await total(salary_min=40_000, workplace_type="remote", employment_type="FULL_TIME") == 1
        assert await total(org=job["organization"]["id"]) == 1
        assert await total(salary_min=60_000) == 0
        assert await total(salary_max=10_000) == 0
        assert await total(workplace_type="on_site") == 0
        assert await total(employment_type="INTERN") == 0
        assert await total(org=1) == 0

    async def test_a_closed_job_is_not_listed(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job()
        await world.settle()
        await recruiter.post(f"{JOBS}/{job['id']}/close")
        assert (await recruiter.get(JOBS))["jobs"] == []
        await world.settle()
        assert (await recruiter.get(JOBS))["total"] == 0

    async def test_pages_by_cursor(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        ids = [(await recruiter.publishes_job(organization))["id"] for _ in range(3)]
        await world.settle()
        first = await recruiter.request("GET", JOBS, params={"limit": 2, "sort": "newest"})
        second = await recruiter.request("GET", first.links["next"]["url"])
        assert [job["id"] for job in first.json()["jobs"] + second.json()["jobs"]] == ids[::-1]
        assert "next" not in second.links
        await recruiter.get(JOBS, cursor="nonsense", expect=422)
