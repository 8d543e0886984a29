"""Organisations and seats, through HTTP."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

ORGANIZATIONS = "/api/weizhi/v1/organizations"


async def seat(resources: Resources, person: Person, organization: dict[str, Any], role: str) -> None:
    """Give someone a seat: there is no operation for it yet."""
    async with resources.db.transaction() as session:
        await session.execute(
            text("INSERT INTO seats (organization_id, account_id, role) VALUES (:organization, :account, :role)"),
            {"organization": int(organization["id"]), "account": int(person.id), "role": role},
        )


class TestCreate:
    async def test_makes_the_creator_its_owner_and_leaves_it_unverified(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        made = await anna.post(ORGANIZATIONS, {"name": "  云杉   科技 ", "url": "https://yunshan.example"})
        assert made.pop("profile") == ""
        assert (made["name"], made["verified"], made["label"]) == ("云杉 科技", False, "未认证")
        assert [(item["role"], item["organization"]) for item in await anna.get(ORGANIZATIONS)] == [("owner", made)]
        assert await bo.get(ORGANIZATIONS) == []
        assert (await world.client.get(f"{ORGANIZATIONS}/{made['id']}")).json() == {**made, "profile": ""}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "  "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"url": "javascript:alert(1)"}, "url"),
            ({"url": "nothing"}, "url"),
        ],
    )
    async def test_refuses_what_is_no_organization(self, world: World, fields: dict[str, Any], field: str) -> None:
        anna = await world.person("anna")
        refused = await anna.post(ORGANIZATIONS, {"name": "云杉", **fields}, expect=422)
        assert list(refused["details"]) == [field]

    async def test_stops_at_twenty(self, world: World) -> None:
        anna = await world.person("anna")
        for number in range(20):
            await anna.organization(f"公司 {number}")
        assert (await anna.post(ORGANIZATIONS, {"name": "再一个"}, expect=422))["code"] == "too_many_organizations"
        assert len(await anna.get(ORGANIZATIONS)) == 20


class TestUpdate:
    async def test_by_an_owner_is_told_in_every_post_without_an_edit(self, world: World, resources: Resources) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        await seat(resources, bo, organization, "recruiter")
        job = await anna.publishes_job(organization)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE organizations SET verified_at = now()"))
        path = f"{ORGANIZATIONS}/{organization['id']}"
        changed = (await anna.request("PATCH", path, json={"name": "云松", "url": None}, expect=200)).json()
        assert (changed["name"], changed["url"], changed["verified"]) == ("云松", None, False)
        assert changed["profile"] == organization["profile"]
        await world.settle()
        post = await bo.get(f"/api/v1/statuses/{job['status_id']}")
        assert "云松（认证已过期）" in post["content"]
        assert (post["edited_at"], post["weizhi"]["job"]["organization"]["url"]) == (None, None)
        found = await bo.get("/api/weizhi/v1/search/timeline", q="云松", scope="public")
        assert [one["id"] for one in found["statuses"]] == [post["id"]]
        for other, status in ((bo, 403), (await world.person("cy"), 403)):
            refused = await other.request("PATCH", path, json={"name": "我的"}, expect=status)
            assert refused.json()["code"] == "not_seat_member"
        await anna.request("PATCH", path, json={"name": " "}, expect=422)
        await anna.request("PATCH", f"{ORGANIZATIONS}/1", json={"name": "x"}, expect=404)


class TestSeats:
    @pytest.mark.parametrize(("role", "may"), [("owner", True), ("recruiter", True), ("viewer", False), (None, False)])
    async def test_decide_who_may_create_and_change_jobs(
        self, world: World, resources: Resources, role: str | None, may: bool
    ) -> None:
        owner, other = await world.people("owner", "other")
        organization = await owner.organization()
        if role:
            await seat(resources, other, organization, role)
        draft = {**A_JOB, "organization_id": organization["id"]}
        answer = await other.post("/api/weizhi/v1/jobs", draft, expect=200 if may else 403)
        assert may or answer["code"] == "not_seat_member"
        published = await owner.publishes_job(organization)
        path = f"/api/weizhi/v1/jobs/{published['id']}"
        changed = await other.request("PATCH", path, json={"headcount": 9})
        closed = await other.request("POST", f"{path}/close", json={})
        pushed = await other.request(
            "POST", "/api/weizhi/v1/inbound_sources", json={"kind": "standard", "organization_id": organization["id"]}
        )
        for response in (changed, closed, pushed):
            assert response.status_code == (200 if may else 403), response.text
            assert may or response.json()["code"] == "not_seat_member"
        assert (await other.request("GET", f"{path}/cascade")).status_code == (200 if role else 403)
        listed = await other.request("GET", f"/api/weizhi/v1/applications?job_id={published['id']}")
        assert listed.status_code == (200 if role else 403)

    async def test_of_an_unknown_organization_are_not_found(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": "1"}, expect=404)
        await anna.get(f"{ORGANIZATIONS}/1", expect=404)


class TestVerified:
    async def test_loses_the_label(self, world: World, resources: Resources) -> None:
        anna = await world.person("anna")
        organization = await anna.organization()
        before = await anna.publishes_job(organization)
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE organizations SET verified_at = now()"))
        after = await anna.publishes_job(organization)
        old, new = [await anna.get(f"/api/v1/statuses/{job['status_id']}") for job in (before, after)]
        assert "云杉科技（未认证）" in old["content"]
        assert "未认证" not in new["content"]
        assert old["weizhi"]["job"]["organization"]["label"] is None
        assert "未认证" not in (await world.client.get(f"/jobs/{after['id']}")).text
