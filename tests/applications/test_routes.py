"""Applications, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.organizations.test_routes import seat
from tests.people import Person, World

pytestmark = pytest.mark.anyio

APPLICATIONS = "/api/weizhi/v1/applications"


async def apply(person: Person, job: dict[str, Any], expect: int = 200, **fields: Any) -> dict[str, Any]:
    return await person.post(f"/api/weizhi/v1/jobs/{job['id']}/applications", fields, expect=expect)


class TestApply:
    async def test_keeps_what_was_said_and_the_path(self, world: World) -> None:
        recruiter, a, b, applicant = await world.people("recruiter", "anna", "bo", "cy")
        job = await recruiter.publishes_job()
        by_a = await a.reposts({"id": job["status_id"]})
        by_b = await b.says("推荐", quoted_status_id=by_a["id"])
        answers = [{"question": "何时到岗？", "answer": "下月"}]
        made = await apply(applicant, job, message=" 你好 ", answers=answers, via=by_b["id"], consent=True)
        assert (made["job_id"], made["applicant"]["id"], made["stage"]) == (job["id"], applicant.id, "applied")
        assert (made["message"], made["answers"], made["consent"]) == ("你好", answers, True)
        said = (await world.client.get(f"{APPLICATIONS}/consent")).json()["words"]
        assert "我同意" in said
        assert "I agree" in said
        assert made["consent_words"] == said
        assert [(step["kind"], step["account"]["id"], step["depth"]) for step in made["path"]] == [
            ("job", recruiter.id, 0),
            ("repost", a.id, 1),
            ("quote", b.id, 2),
        ]
        assert (made["via"], made["inference"], made["confidence"]) == (by_b["id"], "explicit", 1.0)
        for person in (applicant, recruiter):
            assert await person.get(f"{APPLICATIONS}/{made['id']}") == made

    async def test_without_any_repost_comes_straight_from_the_job(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        made = await apply(applicant, job)
        assert (made["via"], made["inference"], made["consent"]) == (job["status_id"], "direct", False)
        assert made["consent_words"] is None
        assert len(made["path"]) == 1

    async def test_twice_is_refused(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        await apply(applicant, job)
        assert (await apply(applicant, job, expect=409))["code"] == "already_applied"

    async def test_ten_times_at_once_counts_once(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        path = f"/api/weizhi/v1/jobs/{job['id']}/applications"
        answers = await asyncio.gather(*(applicant.request("POST", path, json={}) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM applications")) == 1
            made = text("SELECT count(*) FROM audit_log WHERE action = 'application.created'")
            assert await session.scalar(made) == 1

    async def test_with_the_same_key_gives_the_same_one(self, world: World) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        path = f"/api/weizhi/v1/jobs/{job['id']}/applications"
        made = await asyncio.gather(
            *(applicant.post(path, {"message": "x"}, **{"Idempotency-Key": "k"}) for _ in range(5))
        )
        assert len({application["id"] for application in made}) == 1

    async def test_to_ones_own_organization_is_refused(self, world: World, resources: Resources) -> None:
        recruiter, colleague = await world.people("recruiter", "colleague")
        organization = await recruiter.organization()
        await seat(resources, colleague, organization, "viewer")
        job = await recruiter.publishes_job(organization)
        for person in (recruiter, colleague):
            assert (await apply(person, job, expect=403))["code"] == "own_job"

    @pytest.mark.parametrize("verb", ["pause", "close", "fill"])
    async def test_to_a_job_that_is_not_open_is_refused(self, world: World, verb: str) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        job = await recruiter.publishes_job()
        await recruiter.post(f"/api/weizhi/v1/jobs/{job['id']}/{verb}")
        assert (await apply(applicant, job, expect=410))["code"] == "job_closed"

    async def test_with_a_via_of_another_tree_is_refused_and_leaves_nothing(self, world: World) -> None:
        recruiter, a, applicant = await world.people("recruiter", "anna", "cy")
        job = await recruiter.publishes_job()
        elsewhere = await a.reposts(await recruiter.says("别的"))
        own = await applicant.reposts({"id": job["status_id"]})
        for via in (elsewhere["id"], own["id"], "1"):
            assert (await apply(applicant, job, expect=422, via=via))["code"] == "invalid_via"
        assert await applicant.get(APPLICATIONS) == []

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"message": "x" * 5001}, "message"),
            ({"answers": [{"question": "", "answer": "x"}]}, "answers.0.question"),
            ({"answers": [{"question": "x", "answer": "x"}] * 51}, "answers"),
            ({"consent": "perhaps"}, "consent"),
            ({"via": "x"}, "via"),
        ],
    )
    async def test_names_the_field_at_fault(self, world: World, fields: dict[str, Any], field: str) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        refused = await apply(applicant, await recruiter.publishes_job(), expect=422, **fields)
        assert list(refused["details"]) == [field]


class TestRead:
    async def test_is_for_the_applicant_and_the_organization_alone(self, world: World, resources: Resources) -> None:
        recruiter, viewer, applicant, stranger = await world.people("recruiter", "viewer", "cy", "di")
        organization = await recruiter.organization()
        await seat(resources, viewer, organization, "viewer")
        job = await recruiter.publishes_job(organization)
        made = await apply(applicant, job, message="只给你们看")
        for person, status in ((recruiter, 200), (viewer, 200), (applicant, 200), (stranger, 404)):
            await person.get(f"{APPLICATIONS}/{made['id']}", expect=status)
        for person in (recruiter, viewer):
            assert await person.get(APPLICATIONS, job_id=job["id"]) == [made]
            assert await person.get(APPLICATIONS) == []
        assert await applicant.get(APPLICATIONS) == [made]
        for person in (applicant, stranger):
            refused = await person.get(APPLICATIONS, job_id=job["id"], expect=403)
            assert refused["code"] == "not_seat_member"
        assert await stranger.get(APPLICATIONS) == []
        await recruiter.get(f"{APPLICATIONS}/1", expect=404)
        await recruiter.get(APPLICATIONS, job_id="1", expect=404)

    async def test_names_nobody_on_the_path_whose_post_the_reader_may_not_see(self, world: World) -> None:
        recruiter, friend, applicant = await world.people("recruiter", "friend", "cy")
        await applicant.follows(friend)
        job = await recruiter.publishes_job()
        private = await friend.reposts({"id": job["status_id"]}, visibility="private")
        made = await apply(applicant, job, via=private["id"])
        assert made["path"][1]["account"]["id"] == friend.id
        seen = await recruiter.get(f"{APPLICATIONS}/{made['id']}")
        assert seen["path"][1]["account"] is None
        assert friend.username not in str(seen)

    async def test_pages_by_link_without_gap_or_repeat(self, world: World) -> None:
        recruiter, *people = await world.people("recruiter", *(f"p{number}" for number in range(7)))
        organization = await recruiter.organization()
        job, other = await recruiter.publishes_job(organization), await recruiter.publishes_job(organization)
        made = [(await apply(person, job))["id"] for person in people]
        await apply(people[0], other)
        found, url = [], f"{APPLICATIONS}?job_id={job['id']}&limit=3"
        while True:
            response = await recruiter.request("GET", url, expect=200)
            if not response.json():
                break
            found += [application["id"] for application in response.json()]
            assert len(found) <= len(made), "the same applications again"
            url = response.links["next"]["url"]
            assert f"job_id={job['id']}" in url
        assert found == made[::-1]
        just_above = await recruiter.get(APPLICATIONS, job_id=job["id"], min_id=made[2], limit=2)
        assert [application["id"] for application in just_above] == [made[4], made[3]]
