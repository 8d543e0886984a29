"""New jobs reach those who saved a search for them: as the search finds them, once, and nobody who should not hear."""

from typing import Any

import pytest
from sqlalchemy import text

from app.alerts.handlers import tell_of_job
from app.alerts.queries import MATCH
from app.alerts.service import derive_all
from app.bootstrap import Resources
from app.kit.clock import now
from app.search.documents import load_documents
from app.search.pg_jobs import JobRows
from tests.alerts.test_routes import SAVED, saves
from tests.people import Person, World
from tests.streaming.conftest import Served, served

pytestmark = pytest.mark.anyio
__all__ = ["served"]

JOBS = "/api/weizhi/v1/jobs"


async def told(person: Person, **params: Any) -> list[tuple[str, list[str]]]:
    """(the post's id, names of the searches) of each job told, newest first."""
    await person.world.settle()
    answer = await person.get("/api/v1/notifications", **{"types[]": "job_alert", **params})
    return [(one["status"]["id"], [search["name"] for search in one["weizhi"]["saved_searches"]]) for one in answer]


async def edits(recruiter: Person, job: dict[str, Any], **fields: Any) -> None:
    await recruiter.request("PATCH", f"{JOBS}/{job['id']}", json=fields, expect=200)


class TestTellOfJob:
    async def test_tells_who_saved_a_search_for_it_and_names_their_searches(self, world: World) -> None:
        recruiter, anna, bo = await world.people("recruiter", "anna", "bo")
        first = await saves(anna, name="后端", q="backend", filters={"city": ["浙江"], "salary_min": 30000})
        second = await saves(anna, name="Python", filters={"skills": ["PYTHON"]})
        await saves(anna, name="北京", q="后端", filters={"city": ["北京"]})
        await saves(bo, name="前端", q="前端")
        job = await recruiter.publishes_job()
        await world.settle()

        (alert,) = await anna.get("/api/v1/notifications")
        # To an app of Mastodon's, a new post of the recruiter's.
        assert (alert["type"], alert["status"]["id"]) == ("status", job["status_id"])
        assert alert["account"]["id"] == recruiter.id
        assert alert["weizhi"] == {
            "type": "job_alert",
            "saved_searches": [{"id": one["id"], "name": one["name"]} for one in (first, second)],
        }
        (group,) = (await anna.get("/api/v2/notifications"))["notification_groups"]
        assert (group["type"], group["weizhi"]) == ("status", alert["weizhi"])
        assert await told(bo) == []

    async def test_agrees_with_the_search(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        others = await recruiter.organization("Acme 数据")
        searches: list[dict[str, Any]] = [
            *(
                {"q": q}
                for q in ("后端", "远程", "工程师 -外包", '"推荐系统"', "rust or 前端", "後端", "后", "node.js", "PM")
            ),
            *(
                {"q": q}
                for q in ("后端", "远程", "工程师 -外包", '"推荐系统"', "rust or 前端", "python 专员", "后端 30k")
            ),
            *({"q": q} for q in ("node.js", "PM", "yunshan", "浙江", "machine learning", "c++", "程")),
            *({"city": [city]} for city in ("杭州", "浙江", "hangzhou", "北京", "Singapore", "江浙沪", "海淀区")),
            *({"skills": [skill]} for skill in ("python", "Rust")),
            {"skills": ["Python", "PostgreSQL"], "employment_type": ["FULL_TIME"]},
            {"q": "工程师", "workplace_type": ["on_site", "hybrid"]},
            {"q": "工程师", "salary_min": 30000},
            {"q": "工程师", "salary_max": 20000},
            {"q": "工程师", "salary_min": 500000, "salary_period": "year"},
            {"q": "工程师", "salary_min": 30000, "negotiable": True},
            {"q": "工程师", "negotiable": False},
            {"q": "工程师", "negotiable": True},
            {"q": "工程师", "experience_max": 3},
            {"q": "工程师", "experience_min": 3},
            {"q": "工程师", "education": "bachelor"},
            {"q": "工程师", "posted_within": 7},
            {"org": others["id"]},
            {"q": "工程师", "org": others["id"], "city": ["北京"]},
        ]
        for number, search in enumerate(searches):
            words, filters = search.get("q", ""), {key: value for key, value in search.items() if key != "q"}
            await saves(anna, name=str(number), q=words, filters=filters)
        negotiable: dict[str, Any] = {"salary": None, "salary_negotiable": True}
        await recruiter.publishes_job()
        await recruiter.publishes_job(others, title="Rust 工程师", workplace_type="on_site", experience_min_years=5)
        await recruiter.publishes_job(
            others,
            title="前端工程师（外包）",
            locations=[{"city": "北京", "name": "北京海淀区"}],
            skills=["TypeScript"],
            workplace_type="hybrid",
            employment_type="CONTRACTOR",
            **negotiable,
        )
        await recruiter.publishes_job(
            title="产品经理",
            locations=[{"city": "Singapore", "name": "Singapore"}],
            salary={"currency": "CNY", "min": 15000, "max": 18000, "interval": "MONTH"},
            description_html="<p>与算法工程师一起，懂 machine learning 与 C++、Node.js</p>",
            education="bachelor",
            experience_min_years=2,
        )
        alerts = await told(anna)
        assert len(alerts) == 4
        lists = {"city", "skills", "employment_type", "workplace_type"}
        found_some = 0
        for number, search in enumerate(searches):
            params = {f"{key}[]" if key in lists else key: value for key, value in search.items()}
            answer = await anna.get(JOBS, **params)
            found = set() if answer["relaxed"] else {job["status_id"] for job in answer["jobs"]}
            assert {post_id for post_id, names in alerts if str(number) in names} == found, search
            found_some += bool(found)
        assert found_some > 25

    async def test_reaches_the_stream(self, world: World, served: Served) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        async with served.sse("user/notification", anna.token) as events:
            job = await recruiter.publishes_job()
            await world.settle()
            name, alert = await events.next()
        assert name == "notification"
        assert (alert["status"]["id"], alert["weizhi"]["type"]) == (job["status_id"], "job_alert")

    async def test_tells_once_however_often_it_runs(self, world: World, resources: Resources) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        job = await recruiter.publishes_job()
        await world.settle()
        (alert,) = await anna.get("/api/v1/notifications")
        for _ in range(2):
            async with resources.db.transaction() as session:
                await tell_of_job(session, [{"job_id": int(job["id"])}])
        assert [one["id"] for one in await anna.get("/api/v1/notifications")] == [alert["id"]]
        # Read and gone is told too.
        await anna.post(f"/api/v1/notifications/{alert['id']}/dismiss")
        await edits(recruiter, job, headcount=9)
        assert await told(anna) == []

    async def test_tells_of_an_edit_what_did_not_match_before(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="Kubernetes")
        job = await recruiter.publishes_job()
        assert await told(anna) == []
        await edits(recruiter, job, skills=["Kubernetes"])
        assert await told(anna) == [(job["status_id"], ["职位"])]
        await edits(recruiter, job, skills=["Kubernetes", "Go"])
        assert await told(anna) == [(job["status_id"], ["职位"])]

    async def test_tells_nothing_of_what_was_there_before(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        job = await recruiter.publishes_job()
        await world.settle()
        made = await saves(anna, q="后端")
        await edits(recruiter, job, headcount=9)
        assert await told(anna) == []
        # Another question does not begin before it was asked.
        await saves(anna, name="产品", q="产品")
        later = await recruiter.publishes_job()
        assert [post_id for post_id, _ in await told(anna)] == [later["status_id"]]
        await anna.request("PATCH", f"{SAVED}/{made['id']}", json={"q": "云杉"}, expect=200)
        await edits(recruiter, job, headcount=8)
        assert len(await told(anna)) == 1

    async def test_tells_neither_the_author_nor_people_apart(self, world: World) -> None:
        recruiter, *people = await world.people("recruiter", "blocker", "blocked", "muter", "reader")
        blocker, blocked, muter, reader = people
        for person in (recruiter, *people):
            await saves(person, q="后端")
        await blocker.post(f"/api/v1/accounts/{recruiter.id}/block")
        await recruiter.post(f"/api/v1/accounts/{blocked.id}/block")
        await muter.post(f"/api/v1/accounts/{recruiter.id}/mute", {"notifications": False})
        await recruiter.publishes_job()
        assert len(await told(reader)) == 1
        for person in (recruiter, blocker, blocked, muter):
            assert await told(person) == [], person.username

    async def test_tells_of_open_jobs_alone(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        organization = await recruiter.organization()
        closed = await recruiter.publishes_job(organization)
        await recruiter.post(f"{JOBS}/{closed['id']}/close")
        deleted = await recruiter.publishes_job(organization)
        await recruiter.request("DELETE", f"/api/v1/statuses/{deleted['status_id']}", expect=200)
        paused = await recruiter.publishes_job(organization)
        await recruiter.post(f"{JOBS}/{paused['id']}/pause")
        assert await told(anna) == []
        await recruiter.post(f"{JOBS}/{paused['id']}/publish")
        assert await told(anna) == [(paused["status_id"], ["职位"])]

    async def test_tells_nothing_of_a_search_that_is_off_or_gone(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        gone = await saves(anna, name="删了", q="后端")
        off = await saves(anna, name="关了", q="后端", cadence="none")
        await anna.request("DELETE", f"{SAVED}/{gone['id']}", expect=200)
        organization = await recruiter.organization()
        await recruiter.publishes_job(organization)
        assert await told(anna) == []
        await anna.request("PATCH", f"{SAVED}/{off['id']}", json={"cadence": "instant"}, expect=200)
        job = await recruiter.publishes_job(organization)
        assert await told(anna) == [(job["status_id"], ["关了"])]

    async def test_goes_with_its_post(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        job = await recruiter.publishes_job()
        assert len(await told(anna)) == 1
        await recruiter.request("DELETE", f"/api/v1/statuses/{job['status_id']}", expect=200)
        assert await anna.get("/api/v1/notifications") == []
        assert await told(anna) == []

    async def test_is_chosen_by_its_own_type_and_by_mastodon_s(self, world: World) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        await recruiter.publishes_job()
        await world.settle()
        await recruiter.says("@anna 你好")
        await world.settle()

        async def types(**params: Any) -> list[str]:
            return [one["type"] for one in await anna.get("/api/v1/notifications", **params)]

        assert await types() == ["mention", "status"]
        assert await types(**{"types[]": "job_alert"}) == ["status"]
        assert await types(**{"types[]": "status"}) == ["status"]
        assert await types(**{"exclude_types[]": "job_alert"}) == ["mention"]
        assert await types(**{"exclude_types[]": "status"}) == ["mention"]


class TestDeriveAll:
    async def test_reads_searches_anew(self, world: World, resources: Resources) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端", filters={"city": ["浙江"]})
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE saved_searches SET words = 'nothing', city_keys = '{nowhere}'"))
            await session.execute(text("DELETE FROM saved_search_hooks"))
            # What is too wide by the time it is read anew tells of nothing, and stops nobody.
            await session.execute(_WIDE, {"account_id": int(anna.id)})
        await derive_all(resources.db, now=now())
        job = await recruiter.publishes_job()
        assert await told(anna) == [(job["status_id"], ["职位"])]


class TestCost:
    async def test_does_not_grow_with_what_others_look_for(self, world: World, resources: Resources) -> None:
        recruiter, anna = await world.people("recruiter", "anna")
        await saves(anna, q="后端")
        job = await recruiter.publishes_job()
        await world.settle()
        costs = []
        for number in (2_000, 20_000):
            async with resources.db.transaction() as session:
                await session.execute(_MANY, {"account_id": int(anna.id), "number": number})
                await session.execute(_MANY_HOOKS)
            async with resources.db.transaction() as session:
                await session.execute(text("ANALYZE saved_searches, saved_search_hooks"))
                documents = (await load_documents(session, post_ids=[int(job["status_id"])])).jobs
                explained = await session.scalar(
                    text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {MATCH.text}"),
                    {"rows": JobRows(documents).rows, "author_id": 1, "published_at": now(), "most": 1000},
                )
            plan = explained[0]["Plan"]
            costs.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
            scanned = {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}
            assert scanned.isdisjoint({"saved_searches", "saved_search_hooks"})
        # A level more in the index; not ten times as much.
        assert costs[1] < 2 * costs[0], costs


_WIDE = text(
    """
    INSERT INTO saved_searches (account_id, name, q, filters, cadence, since, city_keys, skill_keys,
        workplace_types, employment_types, yearly)
    VALUES (:account_id, 'wide', '', '{}', 'instant', now(), '{}', '{}', '{}', '{}', false)
    """
)
_MANY = text(
    """
    INSERT INTO saved_searches (account_id, name, q, filters, cadence, since, words, city_keys, skill_keys,
        workplace_types, employment_types, yearly)
    SELECT :account_id, 'n', 'q', '{}', 'instant', now(), CAST('other' || n AS tsquery), '{}', '{}', '{}', '{}', false
    FROM generate_series(1, :number) AS n
    """
)
_MANY_HOOKS = text(
    "INSERT INTO saved_search_hooks SELECT 'word:' || CAST(words AS text), id, account_id FROM saved_searches"
    " WHERE name = 'n' ON CONFLICT DO NOTHING"
)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", ()) for node in _nodes(inner))]
