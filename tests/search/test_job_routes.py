"""Searching for jobs through HTTP, on what the worker indexed."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import Person, World

pytestmark = pytest.mark.anyio

SEARCH, JOBS = "/api/weizhi/v1/search/timeline", "/api/weizhi/v1/jobs"


async def found(person: Person, **parameters: Any) -> list[str]:
    """Ids of the jobs found."""
    return [job["id"] for job in (await person.get(JOBS, **parameters))["jobs"]]


async def pages(person: Person, **parameters: Any) -> list[str]:
    """Ids of the jobs on all pages."""
    response = await person.request("GET", JOBS, expect=200, params=parameters)
    ids = [job["id"] for job in response.json()["jobs"]]
    while "next" in response.links:
        response = await person.request("GET", response.links["next"]["url"], expect=200)
        ids += [job["id"] for job in response.json()["jobs"]]
    return ids


class TestSearchJobs:
    async def test_finds_a_published_job_and_its_post(self, world: World, client: httpx2.AsyncClient) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job()
        await world.settle()
        answer = (await client.get(JOBS, params={"q": "远程 后端", "city": "杭州市", "skills[]": "python"})).json()
        assert [found["id"] for found in answer["jobs"]] == [job["id"]]
        assert answer["total"] == 1
        assert {"value": "杭州", "count": 1, "name": None} in answer["facets"]["city"]
        posts = (await client.get(SEARCH, params={"q": "远程 后端", "kind": "job"})).json()
        assert [status["id"] for status in posts["statuses"]] == [job["status_id"]]

    async def test_what_has_no_word_is_never_taken_for_all(self, client: httpx2.AsyncClient) -> None:
        for q in ("😀", "#", "!!!", " - "):
            response = await client.get(JOBS, params={"q": q})
            assert (response.status_code, response.json()["code"]) == (422, "empty_query")
        assert (await client.get(JOBS, params={"q": " "})).status_code == 200

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

    async def test_narrows_by_what_it_asks_for(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        senior = await recruiter.publishes_job(organization, experience_min_years=5, education="master")
        junior = await recruiter.publishes_job(organization, experience_min_years=1, education="associate")
        vague = await recruiter.publishes_job(organization, salary=None, salary_negotiable=True)
        await world.settle()
        all_of_them = [vague["id"], junior["id"], senior["id"]]
        assert await found(recruiter, sort="newest") == all_of_them
        assert await found(recruiter, sort="newest", experience_max=3) == all_of_them[:2]
        assert await found(recruiter, experience_min=2) == all_of_them[2:]
        assert await found(recruiter, sort="newest", education="bachelor") == all_of_them[:2]
        assert await found(recruiter, sort="newest", negotiable=False) == all_of_them[1:]
        assert await found(recruiter, sort="newest", salary_min=350_000, salary_period="year") == all_of_them[1:]
        assert (
            await found(recruiter, sort="newest", salary_min=350_000, salary_period="year", negotiable=True)
            == all_of_them
        )
        assert await found(recruiter, salary_min=560_001, salary_period="year") == []
        assert await found(recruiter, sort="newest", posted_within=1) == all_of_them
        assert await found(
            recruiter, city=["浙江", "北京"], workplace_type=["remote", "on_site"], org=organization["id"]
        )

    async def test_posted_within_counts_from_publication(self, world: World, resources: Resources) -> None:
        recruiter = await world.person("recruiter")
        await recruiter.publishes_job()
        await world.settle()
        async with resources.db.transaction() as session:
            # Two days of milliseconds earlier.
            await session.execute(text("UPDATE search_jobs SET post_id = post_id - (172800000::bigint << 16)"))
        assert len(await found(recruiter, posted_within=3)) == 1
        assert await found(recruiter, posted_within=1) == []

    async def test_facets_name_the_organization(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        job = await recruiter.publishes_job(await recruiter.organization("微光"))
        await world.settle()
        facets = (await recruiter.get(JOBS))["facets"]
        assert facets["org"] == [{"value": job["organization"]["id"], "count": 1, "name": "微光"}]
        assert facets["region"] == [{"value": "浙江", "count": 1, "name": None}]

    async def test_some_words_will_do_where_no_job_has_all(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        java = await recruiter.publishes_job(organization, title="Java 工程师", description_html="<p>后端</p>")
        await recruiter.publishes_job(
            organization, title="设计师", description_html="<p>画图</p>", requirements=["会画图"], skills=[]
        )
        await world.settle()
        answer = await recruiter.get(JOBS, q="java 后端 火星")
        assert ([job["id"] for job in answer["jobs"]], answer["relaxed"]) == ([java["id"]], True)
        assert not (await recruiter.get(JOBS, q="java 后端"))["relaxed"]
        assert (await recruiter.get(JOBS, q="火星"))["total"] == 0


class TestPages:
    @pytest.mark.parametrize("sort", ["newest", "relevance", "salary", "network"])
    async def test_neither_repeat_nor_skip_while_jobs_come_and_go(self, world: World, sort: str) -> None:
        recruiter, reader = await world.people("recruiter", "reader")
        organization = await recruiter.organization()
        published = [await recruiter.publishes_job(organization) for _ in range(7)]
        await reader.follows(recruiter)
        await world.settle()
        first = await reader.request("GET", JOBS, params={"q": "后端", "limit": 3, "sort": sort})
        seen = [job["id"] for job in first.json()["jobs"]]
        await recruiter.publishes_job(organization)
        # One that was seen and one that was not.
        for job in (published[6], published[2]):
            await recruiter.post(f"{JOBS}/{job['id']}/close")
        await world.settle()
        response = first
        while "next" in response.links:
            response = await reader.request("GET", response.links["next"]["url"], expect=200)
            seen += [job["id"] for job in response.json()["jobs"]]
        assert seen == [job["id"] for job in published[::-1] if job is not published[2]]

    async def test_are_filled_where_jobs_may_not_be_shown(self, world: World) -> None:
        recruiter, other, reader = await world.people("recruiter", "other", "reader")
        organization, another = await recruiter.organization(), await other.organization("别家")
        first = await recruiter.publishes_job(organization)
        for _ in range(5):
            await other.publishes_job(another)
        last = await recruiter.publishes_job(organization)
        await world.settle()
        await reader.post(f"/api/v1/accounts/{other.id}/block")
        assert await found(reader, limit=2, sort="newest") == [last["id"], first["id"]]
        assert await pages(reader, limit=1, sort="newest") == [last["id"], first["id"]]

    @pytest.mark.parametrize("cursor", ["nonsense", "MQ", "LTEsMSww", "MSwxLDAsYQ", "5LiA"])
    async def test_refuses_what_is_no_cursor(self, world: World, cursor: str) -> None:
        reader = await world.person("reader")
        await reader.get(JOBS, cursor=cursor, expect=422)


class TestNetwork:
    async def test_shows_what_people_you_follow_reposted(self, world: World, client: httpx2.AsyncClient) -> None:
        recruiter, reader, friend, stranger = await world.people("recruiter", "reader", "friend", "stranger")
        organization = await recruiter.organization()
        jobs = [await recruiter.publishes_job(organization) for _ in range(4)]
        await reader.follows(friend)
        for person, number in ((friend, 1), (friend, 0), (stranger, 2)):
            await person.reposts({"id": jobs[number]["status_id"]})
        await world.settle()
        answer = await reader.get(JOBS, reposted_by_following=True, sort="newest")
        assert [job["id"] for job in answer["jobs"]] == [jobs[1]["id"], jobs[0]["id"]]
        assert answer["total"] == 2
        assert answer["facets"]["region"] == [{"value": "浙江", "count": 2, "name": None}]
        assert await found(reader, reposted_by_following=True, q="没有这样的") == []
        assert await found(stranger, reposted_by_following=True) == []
        for parameters in ({"reposted_by_following": "true"}, {"sort": "network"}):
            assert (await client.get(JOBS, params=parameters)).status_code == 401
        await reader.post(f"/api/v1/accounts/{friend.id}/mute")
        assert await found(reader, reposted_by_following=True) == []

    async def test_puts_the_nearest_first(self, world: World) -> None:
        recruiter, reader, anna, bo = await world.people("recruiter", "reader", "anna", "bo")
        organization = await recruiter.organization()
        jobs = [await recruiter.publishes_job(organization) for _ in range(5)]
        await reader.follows(anna)
        await reader.follows(bo)
        for person, number in ((anna, 0), (bo, 0), (anna, 2), (bo, 1)):
            await person.reposts({"id": jobs[number]["status_id"]})
        await world.settle()
        nearest = [jobs[number]["id"] for number in (0, 1, 2, 4, 3)]
        assert await found(reader, sort="network") == nearest
        assert await found(reader, sort="network", q="后端") == nearest
        assert await pages(reader, sort="network", limit=2) == nearest
        assert (await reader.get(JOBS, sort="network"))["total"] == 5
        assert len((await reader.get(JOBS, sort="network"))["facets"]["org"]) == 1
