"""Credit, through HTTP: hires are shared out along the path, and taken back."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.credits import handlers, service
from app.kit.clock import now
from tests.applications.test_routes import APPLICATIONS, apply
from tests.applications.test_stages import events, move, withdraw
from tests.organizations.test_routes import seat
from tests.people import Person, World

pytestmark = pytest.mark.anyio


async def passed_on(world: World, *, consent: bool = False) -> tuple[list[Person], dict[str, Any], dict[str, Any]]:
    """A job that came to an applicant by anna, then bo: (recruiter, anna, bo, applicant), job, application."""
    people = await world.people("recruiter", "anna", "bo", "cy")
    recruiter, anna, bo, applicant = people
    job = await recruiter.publishes_job()
    by_anna = await anna.reposts({"id": job["status_id"]})
    by_bo = await bo.reposts({"id": job["status_id"]}, via=by_anna["id"])
    made = await apply(applicant, job, via=by_bo["id"], consent=consent)
    return people, job, made


async def credits(person: Person, application: dict[str, Any]) -> Any:
    return await person.get(f"{APPLICATIONS}/{application['id']}/credits")


def given(award: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["account"]["username"], one["basis_points"], one["state"]) for one in award["credits"]]


async def recompute(person: Person, application: dict[str, Any], expect: int = 200, **fields: Any) -> Any:
    return await person.post(f"{APPLICATIONS}/{application['id']}/credits/recompute", fields, expect=expect)


async def told(person: Person) -> list[dict[str, Any]]:
    found = await person.get("/api/v1/notifications", **{"types[]": "referral"})
    return [one["weizhi"] for one in found]


class TestHire:
    async def test_is_shared_out_along_the_path_and_taken_back(self, world: World, resources: Resources) -> None:
        (recruiter, anna, bo, applicant), job, made = await passed_on(world)
        assert (await credits(applicant, made))["current"] is None
        await move(recruiter, made, "hired")
        await world.settle()
        shown = await credits(recruiter, made)
        assert given(shown["current"]) == [("bo", 5000, "pending"), ("anna", 2500, "pending")]
        assert (shown["current"]["policy"], shown["current"]["unassigned"]) == ("path_geometric", 2500)
        assert await credits(applicant, made) == shown
        expected = {"type": "referral", "state": "credited", "job_id": job["id"], "applicant_id": None}
        assert await told(bo) == [{**expected, "basis_points": 5000}]
        assert await told(anna) == [{**expected, "basis_points": 2500}]
        assert applicant.id not in str(await bo.get("/api/v1/notifications"))

        await move(recruiter, made, "offer")
        await world.settle()
        shown = await credits(recruiter, made)
        assert shown["current"] is None
        assert given(shown["past"][0]) == [("bo", 5000, "reversed"), ("anna", 2500, "reversed")]
        assert await told(bo) == [{**expected, "state": "reversed", "basis_points": 5000}]

        await move(recruiter, made, "hired")
        await world.settle()
        shown = await credits(recruiter, made)
        assert (shown["current"]["generation"], len(shown["past"])) == (2, 1)
        await withdraw(applicant, made)
        await world.settle()
        assert (await credits(recruiter, made))["current"] is None
        assert (await events(resources, "referral.credited"), await events(resources, "referral.reversed")) == (2, 2)

    async def test_credits_neither_applicant_nor_employer_nor_what_is_deleted(
        self, world: World, resources: Resources
    ) -> None:
        recruiter, colleague, anna, bo, applicant = await world.people("recruiter", "colleague", "anna", "bo", "cy")
        organization = await recruiter.organization()
        await seat(resources, colleague, organization, "viewer")
        job = await recruiter.publishes_job(organization)
        via = {"id": job["status_id"]}
        posts = [await anna.says("看看", quoted_status_id=job["status_id"])]
        for person in (applicant, colleague, recruiter, bo):
            posts.append(await person.reposts(via, via=posts[-1]["id"]))
        made = await apply(applicant, job, via=posts[-1]["id"], consent=True)
        await world.settle()
        await move(recruiter, made, "hired")
        await world.settle()
        shown = await credits(recruiter, made)
        assert given(shown["current"]) == [("bo", 5000, "pending"), ("anna", 2500, "pending")]
        assert [one["applicant_id"] for one in await told(bo)] == [applicant.id]
        await bo.post(f"/api/v1/statuses/{job['status_id']}/unreblog")
        again = await recompute(recruiter, made)
        assert given(again["current"]) == [("anna", 5000, "pending")]
        await world.settle()
        assert [one["state"] for one in await told(bo)] == ["reversed"]
        assert [(one["state"], one["basis_points"]) for one in await told(anna)] == [("credited", 5000)]
        # Nor a quote that the employer takes its post out of.
        await recruiter.post(f"/api/v1/statuses/{job['status_id']}/quotes/{posts[0]['id']}/revoke")
        assert given((await recompute(recruiter, made))["current"]) == []

    async def test_names_to_the_employer_only_who_passed_it_on_in_public(self, world: World) -> None:
        recruiter, away, shy, applicant = await world.people("recruiter", "away", "shy", "cy")
        job = await recruiter.publishes_job()
        # Not even a recruiter who follows them is told in their employer's name.
        for person in (recruiter, applicant):
            await person.follows(shy)
        by_away = await away.reposts({"id": job["status_id"]})
        by_shy = await shy.reposts({"id": job["status_id"]}, via=by_away["id"], visibility="private")
        made = await apply(applicant, job, via=by_shy["id"])
        await move(recruiter, made, "hired")
        await world.settle()
        await away.post(f"/api/v1/accounts/{recruiter.id}/block")

        async def names(person: Person) -> tuple[list[str | None], list[str | None]]:
            award = (await credits(person, made))["current"]
            path = (await person.get(f"{APPLICATIONS}/{made['id']}"))["path"]
            assert [one["basis_points"] for one in award["credits"]] == [5000, 2500]
            lists = [
                [one["account"] and one["account"]["username"] for one in some] for some in (award["credits"], path)
            ]
            return lists[0], lists[1]

        assert await names(applicant) == (["shy", "away"], ["recruiter", "away", "shy"])
        assert await names(recruiter) == ([None, None], ["recruiter", None, None])

    async def test_that_came_directly_is_nobodys(self, world: World, resources: Resources) -> None:
        recruiter, applicant = await world.people("recruiter", "cy")
        made = await apply(applicant, await recruiter.publishes_job())
        await move(recruiter, made, "hired")
        await world.settle()
        shown = await credits(recruiter, made)
        assert (shown["current"]["credits"], shown["current"]["unassigned"]) == ([], 10000)
        assert await events(resources, "referral.credited") == 0

    async def test_handled_by_many_at_once_counts_once(self, world: World, resources: Resources) -> None:
        (recruiter, *_), _, made = await passed_on(world)
        await move(recruiter, made, "hired")
        await world.settle()

        async def again() -> None:
            async with resources.db.transaction() as session:
                payload = {"application_id": int(made["id"]), "change_id": 0}
                await handlers.settle(session, [payload], default="equal")
                await handlers.note_introducers(session, [payload])

        await asyncio.gather(*(again() for _ in range(4)))
        assert [len((await credits(recruiter, made))["past"]), await events(resources, "referral.credited")] == [0, 1]

    async def test_is_confirmed_when_it_has_lasted(self, world: World, resources: Resources) -> None:
        (recruiter, _, bo, _), _, made = await passed_on(world)
        await move(recruiter, made, "hired")
        await world.settle()
        for days, state in ((1, "pending"), (0, "confirmed")):
            async with resources.db.transaction() as session:
                await service.confirm_due(session, guarantee_days=days, now=now())
            assert {one[2] for one in given((await credits(recruiter, made))["current"])} == {state}
        record = await bo.get(f"/api/weizhi/v1/accounts/{bo.id}/referrals")
        assert (record["points"], record["points_pending"]) == (5000, 0)


class TestRecompute:
    async def test_by_each_policy_adds_and_never_rewrites(self, world: World, resources: Resources) -> None:
        (recruiter, *_), _, made = await passed_on(world)
        await recompute(recruiter, made, 409)
        await move(recruiter, made, "hired")
        await world.settle()
        shares = {"equal": [5000, 5000], "last_touch": [10000], "none": [], "path_geometric": [5000, 2500]}
        for number, (policy, expected) in enumerate(shares.items(), start=1):
            for _ in range(2):
                shown = await recompute(recruiter, made, policy=policy)
                assert [one["basis_points"] for one in shown["current"]["credits"]] == expected
                assert (shown["current"]["policy"], shown["current"]["generation"]) == (policy, number + 1)
                assert len(shown["past"]) == number
                assert {one["state"] for award in shown["past"] for one in award["credits"]} == {"reversed"}
        await world.settle()
        assert (await credits(recruiter, made))["current"]["generation"] == 5
        async with resources.db.reading() as session:
            points = text("SELECT sum(basis_points) FROM referral_credits WHERE state <> 'reversed'")
            assert await session.scalar(points) == 7500

    async def test_is_for_editors_of_the_organization_alone(self, world: World, resources: Resources) -> None:
        (recruiter, anna, _, applicant), job, made = await passed_on(world)
        viewer, rival = await world.people("viewer", "rival")
        await seat(resources, viewer, job["organization"], "viewer")
        await rival.publishes_job()
        await move(recruiter, made, "hired")
        await world.settle()
        path = f"{APPLICATIONS}/{made['id']}/credits"
        for person, reads, writes in (
            (viewer, 200, 403),
            (applicant, 200, 403),
            (anna, 404, 404),
            (rival, 404, 404),
        ):
            await person.get(path, expect=reads)
            await recompute(person, made, writes, policy="none")
        assert len((await credits(recruiter, made))["current"]["credits"]) == 2


class TestPolicy:
    async def test_of_job_then_organization_then_service(self, world: World, resources: Resources) -> None:
        (recruiter, anna, _, _), job, made = await passed_on(world)
        colleague = await world.person("colleague")
        await seat(resources, colleague, job["organization"], "recruiter")
        of_job = f"/api/weizhi/v1/jobs/{job['id']}/credit_policy"
        of_organization = f"/api/weizhi/v1/organizations/{job['organization']['id']}/credit_policy"

        async def choose(person: Person, path: str, policy: str | None, expect: int = 200) -> None:
            await person.request("PUT", path, json={"policy": policy}, expect=expect)

        assert await anna.get(of_job) == {"policy": "path_geometric", "set_by": "service"}
        await choose(recruiter, of_organization, "equal")
        assert await anna.get(of_job) == {"policy": "equal", "set_by": "organization"}
        await choose(colleague, of_organization, "none", 403)
        await choose(colleague, of_job, "last_touch")
        for policy in ("none", "last_touch"):
            await choose(anna, of_job, policy, 403)
        assert await anna.get(of_job) == {"policy": "last_touch", "set_by": "job"}
        assert await anna.get(of_organization) == {"policy": "equal", "set_by": "organization"}
        await move(recruiter, made, "hired")
        await world.settle()
        assert given((await credits(recruiter, made))["current"]) == [("bo", 10000, "pending")]
        await choose(recruiter, of_job, None)
        await world.settle()
        # What was shared out stays as it was until somebody asks.
        assert given((await credits(recruiter, made))["current"]) == [("bo", 10000, "pending")]
        assert await anna.get(of_job) == {"policy": "equal", "set_by": "organization"}
        assert (await recompute(recruiter, made))["current"]["policy"] == "equal"


class TestRecord:
    async def test_is_public_unless_one_keeps_it_to_oneself(self, world: World) -> None:
        (recruiter, anna, bo, applicant), job, made = await passed_on(world, consent=True)
        await world.settle()
        path = f"/api/weizhi/v1/accounts/{bo.id}/referrals"
        empty = {"account_id": bo.id, "hires": 0, "points": 0, "points_pending": 0, "public": True}
        assert await anna.get(path) == {**empty, "applications": 1}
        await move(recruiter, made, "hired")
        await world.settle()
        assert (await world.client.get(path)).json() == {
            **empty,
            "applications": 1,
            "hires": 1,
            "points_pending": 5000,
        }
        [own] = await bo.get("/api/weizhi/v1/credits")
        assert (own["job_id"], own["basis_points"], own["hop"]) == (job["id"], 5000, 1)
        assert own["applicant"]["id"] == applicant.id
        hidden = {"source": {"show_referrals": False}}
        await bo.request("PATCH", "/api/v1/accounts/update_credentials", json=hidden, expect=200)
        await anna.get(path, expect=404)
        assert (await world.client.get(path)).status_code == 404
        assert (await bo.get(path))["public"] is False
        assert (await bo.get("/api/v1/preferences"))["weizhi:referrals:public"] is False
        await withdraw(applicant, made)
        await world.settle()
        record = await bo.get(path)
        assert (record["applications"], record["hires"], record["points_pending"]) == (0, 0, 0)
