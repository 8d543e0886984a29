"""Jobs and their lifecycle, through HTTP."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

JOBS = "/api/weizhi/v1/jobs"


async def draft(person: Person, organization: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    organization = organization or await person.organization()
    return await person.post(JOBS, {**A_JOB, "organization_id": organization["id"], **fields})


async def move(person: Person, job: dict[str, Any], verb: str, expect: int = 200) -> dict[str, Any]:
    return await person.post(f"{JOBS}/{job['id']}/{verb}", expect=expect)


async def change(person: Person, job: dict[str, Any], expect: int = 200, **fields: Any) -> dict[str, Any]:
    return (await person.request("PATCH", f"{JOBS}/{job['id']}", json=fields, expect=expect)).json()


async def the_post(person: Person, job: dict[str, Any]) -> dict[str, Any]:
    return await person.get(f"/api/v1/statuses/{job['status_id']}")


class TestCreate:
    async def test_makes_a_draft_that_only_its_organization_sees(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        job = await draft(anna)
        assert (job["state"], job["status_id"], job["published_at"], job["source"]) == ("draft", None, None, "weizhi")
        assert job["salary"]["text"] == "25K–40K/月 ×14薪"
        assert await anna.get(f"{JOBS}/{job['id']}") == job
        await bo.get(f"{JOBS}/{job['id']}", expect=404)
        assert (await world.client.get(f"{JOBS}/{job['id']}")).status_code == 404
        assert (await world.client.get(f"/jobs/{job['id']}")).status_code == 404
        await bo.request("PATCH", f"{JOBS}/{job['id']}", json={"title": "我的了"}, expect=404)
        await move(bo, job, "publish", expect=404)
        await bo.post(f"{JOBS}/{job['id']}/applications", expect=404)
        await world.settle()
        assert await anna.home() == []

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"title": ""}, "title"),
            ({"title": " \n "}, "title"),
            ({"title": "x" * 121}, "title"),
            ({"headcount": 0}, "headcount"),
            ({"salary": {"min": 5, "max": 4}}, "salary"),
            ({"salary": {}}, "salary"),
            ({"salary": {"min": -1}}, "salary.min"),
            ({"salary": {"min": 0}}, "salary"),
            ({"salary": {"min": 0, "max": 0}}, "salary"),
            ({"salary": {"min": 1, "currency": "RMB"}}, "salary.currency"),
            ({"salary": {"min": 1, "currency": "rmb"}}, "salary.currency"),
            ({"salary": {"min": 1, "interval": "FORTNIGHT"}}, "salary.interval"),
            ({"locations": [{}]}, "locations.0"),
            ({"valid_through": "tomorrow"}, "valid_through"),
            ({"valid_through": "9999-12-31"}, "valid_through"),
            ({"apply_url": "javascript:alert(1)"}, "apply_url"),
            ({"education": "phd"}, "education"),
            ({"skills": ["x" * 61]}, "skills.0"),
            ({"organization_id": "x"}, "organization_id"),
            ({"description_html": "a\x00b"}, "body"),
        ],
    )
    async def test_names_the_field_at_fault(self, world: World, fields: dict[str, Any], field: str) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        refused = await anna.post(JOBS, {**A_JOB, "organization_id": organization["id"], **fields}, expect=422)
        assert list(refused["details"]) == [field]

    async def test_refuses_pay_that_is_both_given_and_negotiable(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        body = {**A_JOB, "organization_id": organization["id"], "salary_negotiable": True}
        assert (await anna.post(JOBS, body, expect=422))["code"] == "validation_failed"

    async def test_with_the_same_key_makes_one(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        body = {**A_JOB, "organization_id": (await anna.organization())["id"]}
        made = await asyncio.gather(*(anna.post(JOBS, body, **{"Idempotency-Key": "k"}) for _ in range(5)))
        assert len({job["id"] for job in made}) == 1
        other = {**body, "title": "另一个"}
        assert (await anna.post(JOBS, other, expect=409, **{"Idempotency-Key": "k"}))[
            "code"
        ] == "idempotency_key_reused"

    async def test_cleans_the_description(self, world: World) -> None:
        anna = await world.person("anna")
        dirty = (
            '<p onclick="x()">职责<script>alert(1)</script></p><img src=x onerror=alert(1)>'
            '<a href="javascript:alert(1)">点</a><iframe src="//e.example"></iframe><b>粗</b>'
        )
        cleaned = (await draft(anna, description_html=dirty))["description_html"]
        assert "职责" in cleaned
        assert "<b>粗</b>" in cleaned
        for bad in ("script", "onclick", "onerror", "javascript:", "iframe"):
            assert bad not in cleaned


class TestPublish:
    async def test_makes_one_post_with_every_fact(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        await bo.follows(anna)
        job = await move(anna, await draft(anna), "publish")
        assert job["state"] == "open"
        await world.settle()
        (post,) = await bo.home()
        assert post["id"] == job["status_id"]
        for words in (
            "【招聘】后端工程师｜云杉科技（未认证）",
            "地点：杭州（远程）",
            "25K–40K/月 ×14薪",
            "人数：2 人",
            "2099-01-31",
        ):
            assert words in post["content"]
        assert [tag["name"] for tag in post["tags"]] == ["招聘", "Python", "PostgreSQL"]
        assert post["card"]["url"].partition("?t=")[0] == job["url"] == f"http://weizhi.test/jobs/{job['id']}"
        assert (post["weizhi"]["kind"], post["weizhi"]["job"]) == ("job", await bo.get(f"{JOBS}/{job['id']}"))

    async def test_names_everything_that_is_missing(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.post("/api/weizhi/v1/organizations", {"name": "云杉"})
        bare = await anna.post(JOBS, {"title": "光杆", "organization_id": organization["id"]})
        refused = await move(anna, bare, "publish", expect=422)
        assert refused["code"] == "validation_failed"
        assert {field: reasons[0]["error"] for field, reasons in refused["details"].items()} == {
            "organization.profile": "missing_employer_profile",
            "description_html": "missing_description",
            "requirements": "missing_requirements",
            "headcount": "missing_headcount",
            "locations": "missing_location",
            "salary": "missing_salary",
            "valid_through": "missing_valid_through",
        }
        assert (await anna.get(f"{JOBS}/{bare['id']}"))["state"] == "draft"
        assert await anna.get(f"/api/v1/accounts/{anna.id}/statuses") == []
        fixed = await change(
            anna,
            bare,
            description_html="<p>做事</p>",
            requirements=["会做事"],
            headcount=1,
            workplace_type="remote",
            salary_negotiable=True,
            valid_through="2099-01-01",
        )
        assert fixed["salary"]["text"] == "面议"
        organization_path = f"/api/weizhi/v1/organizations/{organization['id']}"
        await anna.request("PATCH", organization_path, json={"profile": "做事的公司"}, expect=200)
        published = await move(anna, bare, "publish")
        assert (published["state"], published["salary"]["negotiable"]) == ("open", True)
        assert "薪资：面议" in (await the_post(anna, published))["content"]

    async def test_takes_today_and_refuses_yesterday_as_the_days_are_in_china(self, world: World) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        today = (datetime.now(UTC) + timedelta(hours=8)).date()
        yesterday = await draft(anna, organization, valid_through=str(today - timedelta(days=1)))
        refused = await move(anna, yesterday, "publish", expect=422)
        assert refused["details"]["valid_through"][0]["error"] == "past_valid_through"
        await move(anna, await draft(anna, organization, valid_through=str(today)), "publish")

    async def test_at_once_makes_one_post(self, world: World) -> None:
        anna = await world.person("anna")
        job = await draft(anna)
        answers = await asyncio.gather(
            *(anna.request("POST", f"{JOBS}/{job['id']}/publish", json={}) for _ in range(6))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
        assert len(await anna.get(f"/api/v1/accounts/{anna.id}/statuses")) == 1


class TestLifecycle:
    # (verbs that lead to the state, state, verbs that are legal there)
    @pytest.mark.parametrize(
        ("path", "state", "legal"),
        [
            ([], "draft", {"publish": "open"}),
            (["publish"], "open", {"pause": "paused", "close": "closed", "fill": "filled"}),
            (["publish", "pause"], "paused", {"publish": "open", "close": "closed", "fill": "filled"}),
            (["publish", "close"], "closed", {}),
            (["publish", "pause", "fill"], "filled", {}),
        ],
    )
    async def test_allows_what_is_legal_and_nothing_else(
        self, world: World, path: list[str], state: str, legal: dict[str, str]
    ) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        for verb in ("publish", "pause", "close", "fill"):
            job = await draft(anna, organization)
            for step in path:
                job = await move(anna, job, step)
            assert job["state"] == state
            after = await move(anna, job, verb, expect=200 if verb in legal else 409)
            if verb in legal:
                assert after["state"] == legal[verb]
                assert (after["closed_at"] is not None) == (after["state"] in ("closed", "filled"))
            else:
                assert after["code"] == "invalid_transition"
                assert (await anna.get(f"{JOBS}/{job['id']}"))["state"] == state

    async def test_reopening_keeps_the_one_post(self, world: World) -> None:
        anna = await world.person("anna")
        job = await move(anna, await draft(anna), "publish")
        await move(anna, job, "pause")
        again = await move(anna, job, "publish")
        assert (again["status_id"], again["published_at"]) == (job["status_id"], job["published_at"])
        assert len(await anna.get(f"/api/v1/accounts/{anna.id}/statuses")) == 1

    async def test_deleting_the_post_closes_the_job_once_the_worker_has_run(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        job = await move(anna, await draft(anna), "publish")
        await anna.request("DELETE", f"/api/v1/statuses/{job['status_id']}", expect=200)
        await bo.get(f"{JOBS}/{job['id']}", expect=404)
        assert (await world.client.get(f"/jobs/{job['id']}")).status_code == 404
        await world.settle()
        assert (await anna.get(f"{JOBS}/{job['id']}"))["state"] == "closed"
        assert (await move(anna, job, "publish", expect=409))["code"] == "invalid_transition"
        await bo.post(f"{JOBS}/{job['id']}/applications", expect=404)


class TestUpdate:
    async def test_rewrites_the_post(self, world: World) -> None:
        anna = await world.person("anna")
        job = await move(anna, await draft(anna), "publish")
        assert (await the_post(anna, job))["edited_at"] is None
        changed = await change(anna, job, title="高级后端工程师", headcount=5, salary={"min": 50000, "max": 80000})
        assert changed["salary"]["text"] == "50K–80K/月"
        post = await the_post(anna, job)
        assert post["edited_at"] is not None
        for words in ("高级后端工程师", "50K–80K/月", "人数：5 人"):
            assert words in post["content"]
        assert post["weizhi"]["job"]["title"] == "高级后端工程师"

    async def test_mentions_and_topics_follow_the_words(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        job = await move(anna, await draft(anna, title="找 @bo@weizhi.test 推荐"), "publish")
        post = await the_post(anna, job)
        assert [mention["id"] for mention in post["mentions"]] == [bo.id]
        assert "<span>bo</span></a></span> 推荐" in post["content"]
        await change(anna, job, title="找 @anna@weizhi.test 推荐", skills=["Rust"])
        assert [mention["id"] for mention in (await the_post(anna, job))["mentions"]] == [anna.id]
        assert [one["id"] for one in await bo.get("/api/v1/timelines/tag/rust")] == [post["id"]]
        assert await bo.get("/api/v1/timelines/tag/python") == []

    async def test_of_what_the_post_does_not_show_leaves_it_unedited(self, world: World) -> None:
        anna = await world.person("anna")
        job = await move(anna, await draft(anna), "publish")
        assert (await change(anna, job, description_html="<p>改了</p>"))["description_html"] == "<p>改了</p>"
        assert (await the_post(anna, job))["edited_at"] is None

    async def test_may_not_make_a_published_job_incomplete(self, world: World) -> None:
        anna = await world.person("anna")
        job = await move(anna, await draft(anna), "publish")
        refused = await change(anna, job, description_html="<script>x</script>", title="新", expect=422)
        assert list(refused["details"]) == ["description_html"]
        kept = await anna.get(f"{JOBS}/{job['id']}")
        assert (kept["title"], kept["description_html"]) == (job["title"], job["description_html"])
        assert "新" not in (await the_post(anna, job))["content"]

    async def test_makes_pay_negotiable_and_back(self, world: World) -> None:
        anna = await world.person("anna")
        job = await draft(anna)
        negotiable = await change(anna, job, salary_negotiable=True)
        assert (negotiable["salary"]["text"], negotiable["salary"]["min"]) == ("面议", None)
        assert (await change(anna, job, salary={"min": 300, "interval": "DAY"}))["salary"]["text"] == "300 起 元/天"

    async def test_by_a_stranger_is_refused(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        job = await move(anna, await draft(anna), "publish")
        assert (await change(bo, job, title="我的", expect=403))["code"] == "not_seat_member"
        assert (await move(bo, job, "close", expect=403))["code"] == "not_seat_member"


class TestPage:
    async def test_tells_people_and_search_engines_without_letting_anything_run(self, world: World) -> None:
        anna = await world.person("anna")
        nasty = "</script><script>alert(1)</script>\"'&<!--"
        job = await move(
            anna,
            await draft(
                anna,
                await anna.organization("<b>云杉</b>"),
                title=nasty,
                skills=[nasty[:40]],
                requirements=[nasty],
                locations=[{"city": nasty[:40]}],
                description_html="<p>好<script>alert(1)</script></p>",
            ),
            "publish",
        )
        response = await world.client.get(f"/jobs/{job['id']}")
        assert response.status_code == 200
        page = response.text
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert page.count("<script") == page.count("</script>") == 1
        assert "<b>" not in page
        assert "<!--" not in page
        (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
        posting = json.loads(data)
        assert posting["@type"] == "JobPosting"
        assert posting["title"] == nasty
        assert posting["hiringOrganization"]["name"] == "<b>云杉</b>"
        assert posting["validThrough"] == "2099-02-01T00:00:00+08:00"
        assert posting["baseSalary"]["value"] == {
            "@type": "QuantitativeValue",
            "minValue": 25000,
            "maxValue": 40000,
            "unitText": "MONTH",
        }
        assert posting["jobLocationType"] == "TELECOMMUTE"
        assert "未认证" in page

    async def test_says_when_the_job_is_over(self, world: World) -> None:
        anna = await world.person("anna")
        job = await move(anna, await draft(anna, apply_url="https://apply.example/1"), "publish")
        way = f'<a href="/jobs/{job["id"]}/apply" rel="nofollow noopener">申请 · Apply（apply.example）</a>'
        assert way in (await world.client.get(f"/jobs/{job['id']}")).text
        await move(anna, job, "fill")
        page = (await world.client.get(f"/jobs/{job['id']}")).text
        assert "已停止招聘" in page
        assert "申请" not in page

    async def test_of_an_avatar_is_a_letter_and_escapes_it(self, world: World) -> None:
        answer = await world.client.get("/avatars/<x.svg")
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert "&lt;</text>" in answer.text

    async def test_in_front_shows_the_way_on(self, world: World) -> None:
        assert "http://weizhi.test/api/v1/timelines/public" in (await world.client.get("/")).text


async def test_an_unknown_job_is_not_found_everywhere(world: World, resources: Resources) -> None:
    anna = await world.person("anna")
    for path in (f"{JOBS}/1", f"{JOBS}/1/cascade", f"{JOBS}/x"):
        await anna.get(path, expect=404)
    assert (await world.client.get("/jobs/1")).status_code == 404
    async with resources.db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM jobs")) == 0
