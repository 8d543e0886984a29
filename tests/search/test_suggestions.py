"""Completing what is typed, through HTTP."""

from typing import Any

import httpx2
import pytest

from tests.people import Person, World

pytestmark = pytest.mark.anyio

SUGGEST, JOBS = "/api/weizhi/v1/search/suggest", "/api/weizhi/v1/jobs"


async def names(person: Person, kinds: str, q: str, **parameters: Any) -> list[tuple[str, int]]:
    """What is suggested in one kind: names and numbers of jobs."""
    return [(one["name"], one["jobs"]) for one in (await person.get(SUGGEST, q=q, **parameters))[kinds]]


class TestSuggest:
    async def test_completes_titles_skills_places_and_employers(self, world: World, client: httpx2.AsyncClient) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization("字节跳动")
        await recruiter.publishes_job(organization, title="高级后端工程师（杭州）", skills=["Python", "Pytest"])
        await recruiter.publishes_job(organization, title="高级后端工程师", skills=["python", "Go"])
        await world.settle()
        answer = (await client.get(SUGGEST, params={"q": "py"})).json()
        assert answer["skills"] == [
            {"value": "Python", "name": "Python", "jobs": 2},
            {"value": "Pytest", "name": "Pytest", "jobs": 1},
        ]
        assert answer["titles"] == answer["cities"] == answer["companies"] == []
        for start in ("高级", "后端", "後端", "gaojihou", "gjhd"):
            assert await names(recruiter, "titles", start) == [("高级后端工程师", 2)], start
        for start in ("杭", "hangz", "HANG zhou"):
            assert await names(recruiter, "cities", start) == [("杭州", 2)], start
        assert await names(recruiter, "cities", "浙") == [("浙江", 2)]
        for start in ("字节", "字節", "zijie", "zjt"):
            companies = (await recruiter.get(SUGGEST, q=start))["companies"]
            assert companies == [{"value": organization["id"], "name": "字节跳动", "jobs": 2}], start

    async def test_what_is_suggested_finds_as_many(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization("高德")
        for skills in (["Go"], ["Go", "高并发"]):
            await recruiter.publishes_job(organization, title="高级后端", skills=skills)
        await world.settle()
        suggested = await recruiter.get(SUGGEST, q="g")
        filters = {"titles": "q", "skills": "skills", "cities": "city", "companies": "org"}
        assert {kind: len(found) for kind, found in suggested.items()} == {
            "titles": 1,
            "skills": 2,
            "cities": 0,
            "companies": 1,
        }
        for kind, found in suggested.items():
            for one in found:
                assert (await recruiter.get(JOBS, **{filters[kind]: one["value"]}))["total"] == one["jobs"]

    async def test_counts_follow_edits_and_closing(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        first = await recruiter.publishes_job(organization, skills=["Rust"])
        second = await recruiter.publishes_job(organization, skills=["Rust", "Ruby"])
        await world.settle()
        assert await names(recruiter, "skills", "ru") == [("Rust", 2), ("Ruby", 1)]
        await recruiter.request("PATCH", f"{JOBS}/{first['id']}", json={"skills": ["Ruby"]}, expect=200)
        await world.settle()
        assert await names(recruiter, "skills", "ru") == [("Ruby", 2), ("Rust", 1)]
        await recruiter.post(f"{JOBS}/{second['id']}/close")
        await world.settle()
        assert await names(recruiter, "skills", "ru") == [("Ruby", 1)]
        await recruiter.request("DELETE", f"/api/v1/statuses/{first['status_id']}")
        await world.settle()
        assert await names(recruiter, "skills", "ru") == []
        assert await names(recruiter, "titles", "后") == []

    async def test_exact_names_come_first_and_kinds_can_be_chosen(self, world: World) -> None:
        recruiter = await world.person("recruiter")
        organization = await recruiter.organization()
        for skills in (["Java"], ["JavaScript"], ["JavaScript"]):
            await recruiter.publishes_job(organization, title="Java", skills=skills)
        await world.settle()
        assert await names(recruiter, "skills", "java") == [("Java", 1), ("JavaScript", 2)]
        assert await names(recruiter, "skills", "jav") == [("JavaScript", 2), ("Java", 1)]
        assert await names(recruiter, "skills", "jav", limit=1) == [("JavaScript", 2)]
        assert await names(recruiter, "skills", "jav", kind="title") == []
        assert await names(recruiter, "titles", "jav", kind="title") == [("Java", 3)]

    @pytest.mark.parametrize("q", ["", "  ", "%", "_", "\\", "' OR 1=1 --", "🎉", "\ud800", "[("])
    async def test_takes_anything(self, world: World, q: str) -> None:
        recruiter = await world.person("recruiter")
        await recruiter.publishes_job()
        await world.settle()
        response = await recruiter.request("GET", SUGGEST, params={"q": q.encode("utf-8", "surrogatepass")})
        assert response.status_code in (200, 422)
        if response.status_code == 200:
            assert response.json() == {"titles": [], "skills": [], "cities": [], "companies": []}
        await recruiter.get(SUGGEST, expect=422)
        await recruiter.get(SUGGEST, q="x" * 61, expect=422)


class TestPinyin:
    @pytest.mark.parametrize("q", ["zhangxiaoming", "zhang xiaoming", "xiaoming", "zxm", "張曉明"])
    async def test_people_are_found_by_how_their_names_sound(self, world: World, q: str) -> None:
        anna, reader = await world.people("anna", "reader")
        await anna.request("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "张晓明"}, expect=200)
        await world.settle()
        found = await reader.get("/api/v1/accounts/search", q=q)
        assert [account["username"] for account in found] == ["anna"]
