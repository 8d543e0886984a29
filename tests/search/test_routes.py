"""Searching through HTTP, on what the worker indexed."""

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import World

pytestmark = pytest.mark.anyio

SEARCH, JOBS = "/api/weizhi/v1/search/timeline", "/api/weizhi/v1/jobs"


class TestSearchTimeline:
    async def test_home_is_people_you_follow_and_yourself(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        await anna.follows(bo)
        theirs = await bo.says("内推后端，私下聊", visibility="private")
        mine = await anna.says("求后端内推 <b>急</b>")
        await cai.says("我也要后端内推")
        await world.settle()
        answer = await anna.get(SEARCH, q="后端内推", scope="home")
        assert [status["id"] for status in answer["statuses"]] == [mine["id"], theirs["id"]]
        assert answer["statuses"][0]["weizhi"]["highlight"] == "求<em>后端内推</em> &lt;b&gt;急&lt;/b&gt;"
        assert not answer["degraded"]
        assert not answer["scope_truncated"]

    async def test_home_is_also_what_people_you_follow_reposted(self, world: World) -> None:
        anna, bo, cai, dan = await world.people("anna", "bo", "cai", "dan")
        await anna.follows(bo)
        brought, other = await cai.says("后端招人"), await cai.says("后端也招人")
        await bo.reposts(brought)
        await dan.reposts(other)
        await world.settle()
        found = (await anna.get(SEARCH, q="后端", scope="home"))["statuses"]
        assert [status["id"] for status in found] == [brought["id"]]
        await bo.post(f"/api/v1/statuses/{brought['id']}/unreblog")
        assert (await anna.get(SEARCH, q="后端", scope="home"))["statuses"] == []

    async def test_public_is_for_everyone_and_public_alone(self, world: World, client: httpx2.AsyncClient) -> None:
        anna = await world.person("anna")
        seen = await anna.says("公开的后端")
        await anna.says("不公开的后端", visibility="unlisted")
        await anna.says("关注者的后端", visibility="private")
        await anna.says("私信的后端", visibility="direct")
        await world.settle()
        for parameters in ({}, {"scope": "public"}):
            answer = (await client.get(SEARCH, params={"q": "后端", **parameters})).json()
            assert [status["id"] for status in answer["statuses"]] == [seen["id"]]
        assert (await client.get(SEARCH, params={"q": "后端", "scope": "home"})).status_code == 401

    async def test_the_index_only_proposes(self, world: World, resources: Resources) -> None:
        """A post that stopped being public is not shown, however old the index's opinion of it."""
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        await anna.says("后端")
        await world.settle()
        for visibility, shown in (("public", 1), ("unlisted", 0), ("private", 0)):
            async with resources.db.transaction() as session:
                await session.execute(text("UPDATE posts SET visibility = :visibility"), {"visibility": visibility})
            answer = await bo.get(SEARCH, q="后端", scope="public")
            assert len(answer["statuses"]) == shown

    async def test_one_account_as_far_as_you_may_see_it(self, world: World) -> None:
        anna, bo, cai = await world.people("anna", "bo", "cai")
        await bo.follows(anna)
        public, private = await anna.says("后端一"), await anna.says("后端二", visibility="private")
        await cai.says("后端三")
        await world.settle()
        seen = {person.username: await person.get(SEARCH, q="后端", scope=f"account:{anna.id}") for person in (bo, cai)}
        assert [status["id"] for status in seen["bo"]["statuses"]] == [private["id"], public["id"]]
        assert [status["id"] for status in seen["cai"]["statuses"]] == [public["id"]]
        await bo.get(SEARCH, q="后端", scope="account:1", expect=404)

    async def test_deleted_posts_are_gone_before_the_worker_ran_and_after(self, world: World) -> None:
        anna = await world.person("anna")
        status = await anna.says("后端")
        await world.settle()
        await anna.request("DELETE", f"/api/v1/statuses/{status['id']}", expect=200)
        assert (await anna.get(SEARCH, q="后端"))["statuses"] == []
        await world.settle()
        assert (await anna.get(SEARCH, q="后端"))["statuses"] == []

    async def test_pages_by_its_link_header_without_gap_or_repeat(self, world: World) -> None:
        anna = await world.person("anna")
        ids = [(await anna.says(f"后端 {n}"))["id"] for n in range(7)]
        await world.settle()
        seen, parameters = [], {"q": "后端", "limit": "3"}
        for _ in range(3):
            response = await anna.request("GET", SEARCH, params=parameters)
            seen += [status["id"] for status in response.json()["statuses"]]
            parameters = dict(httpx2.URL(response.links["next"]["url"]).params)
        assert seen == ids[::-1]
        newer = await anna.get(SEARCH, q="后端", min_id=ids[2], limit=2)
        assert [status["id"] for status in newer["statuses"]] == [ids[4], ids[3]]

    async def test_narrows_by_kind_link_and_time(self, world: World) -> None:
        anna = await world.person("anna")
        plain = await anna.says("后端")
        link = await anna.says("后端 https://example.com/a")
        await world.settle()

        async def found(**parameters: str) -> list[str]:
            return [status["id"] for status in (await anna.get(SEARCH, q="后端", **parameters))["statuses"]]

        assert await found(has="link") == [link["id"]]
        assert await found(kind="job") == []
        assert await found(before=link["id"]) == [plain["id"]]
        assert await found(after=plain["id"]) == [link["id"]]
        assert await found(before="2020-01-01") == []
        assert await found(after="2020-01-01T00:00:00+08:00") == [link["id"], plain["id"]]
        assert await found(before="9999-12-31") == [link["id"], plain["id"]]

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"q": "？！"},
            {"q": "x" * 201},
            {"q": "后端", "before": "yesterday"},
            {"q": "后端", "scope": "friends"},
            {"q": "后端", "kind": "repost"},
        ],
    )
    async def test_refuses_what_it_cannot_read(self, world: World, parameters: dict[str, str]) -> None:
        anna = await world.person("anna")
        await anna.get(SEARCH, expect=422, **parameters)


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
