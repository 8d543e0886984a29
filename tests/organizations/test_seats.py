"""Seats: offered, taken, changed and lost, through HTTP."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.organizations import seats
from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

ORGANIZATIONS = "/api/weizhi/v1/organizations"
INVITATIONS = "/api/weizhi/v1/seat_invitations"
JOBS = "/api/weizhi/v1/jobs"


def seats_of(organization: dict[str, Any]) -> str:
    return f"{ORGANIZATIONS}/{organization['id']}/seats"


async def invite(
    owner: Person, organization: dict[str, Any], whom: Person, role: str, expect: int = 200
) -> dict[str, Any]:
    return await owner.post(seats_of(organization), {"account_id": whom.id, "role": role}, expect=expect)


async def seated(owner: Person, organization: dict[str, Any], whom: Person, role: str) -> None:
    """Invite, and accept."""
    invitation = await invite(owner, organization, whom, role)
    await whom.post(f"{INVITATIONS}/{invitation['id']}/accept")


async def roles(reader: Person, organization: dict[str, Any]) -> dict[str, str]:
    return {one["account"]["username"]: one["role"] for one in await reader.get(seats_of(organization))}


class TestInvite:
    async def test_seats_nobody_before_they_accept(self, world: World, resources: Resources) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        organization = await anna.organization()
        draft = {**A_JOB, "organization_id": organization["id"]}
        invitation = await invite(anna, organization, bo, "viewer")
        again = await invite(anna, organization, bo, "recruiter")
        assert (again["id"], again["role"]) == (invitation["id"], "recruiter")
        await world.settle()
        letters = [await resources.mailer.find(name) or "" for name in await resources.mailer.list_names()]
        assert ["recruiter" in letter for letter in letters if "You are invited" in letter] == [True]
        assert await roles(anna, organization) == {"anna": "owner"}
        await bo.post(JOBS, draft, expect=403)
        offered = await anna.get(f"{ORGANIZATIONS}/{organization['id']}/seat_invitations")
        assert await bo.get(INVITATIONS) == offered == [again]
        await cy.post(f"{INVITATIONS}/{invitation['id']}/accept", expect=404)
        await cy.request("DELETE", f"{INVITATIONS}/{invitation['id']}", expect=404)
        taken = await bo.post(f"{INVITATIONS}/{invitation['id']}/accept")
        assert (taken["role"], taken["organization"]["id"]) == ("recruiter", organization["id"])
        assert await roles(bo, organization) == {"anna": "owner", "bo": "recruiter"}
        await bo.post(JOBS, draft)
        assert await bo.get(INVITATIONS) == []
        await bo.post(f"{INVITATIONS}/{invitation['id']}/accept", expect=404)
        assert (await invite(anna, organization, bo, "viewer", expect=409))["code"] == "already_seated"
        async with resources.db.reading() as session:
            query = text("SELECT actor_id, action FROM audit_log WHERE action LIKE 'seat.%' ORDER BY id")
            rows = [tuple(row) for row in await session.execute(query)]
        assert rows == [*[(int(anna.id), "seat.offered")] * 2, (int(bo.id), "seat.created")]

    async def test_is_declined_and_taken_back(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        for who in (bo, anna):
            invitation = await invite(anna, organization, bo, "owner")
            await who.request("DELETE", f"{INVITATIONS}/{invitation['id']}", expect=200)
            await bo.post(f"{INVITATIONS}/{invitation['id']}/accept", expect=404)
        assert await roles(anna, organization) == {"anna": "owner"}

    async def test_reaches_nobody_who_blocks_and_comes_from_owners_alone(self, world: World) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        organization = await anna.organization()
        await seated(anna, organization, cy, "recruiter")
        for who in (cy, bo):
            assert (await invite(who, organization, bo, "viewer", expect=403))["code"] == "not_seat_member"
            await who.get(f"{ORGANIZATIONS}/{organization['id']}/seat_invitations", expect=403)
        assert (await bo.get(seats_of(organization), expect=403))["code"] == "not_seat_member"
        await bo.post(f"/api/v1/accounts/{anna.id}/block")
        await invite(anna, organization, bo, "viewer", expect=404)
        await anna.post(seats_of(organization), {"account_id": "1", "role": "viewer"}, expect=404)
        await anna.post(seats_of(organization), {"account_id": bo.id, "role": "king"}, expect=422)

    async def test_stops_at_the_bound(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seats, "MOST_SEATS", 2)
        anna, bo, cy = await world.people("anna", "bo", "cy")
        path = seats_of(await anna.organization())
        both = [anna.request("POST", path, json={"account_id": one.id, "role": "viewer"}) for one in (bo, cy)]
        assert sorted(answer.status_code for answer in await asyncio.gather(*both)) == [200, 422]


class TestRoles:
    async def test_an_owner_always_stays(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        path = seats_of(organization)
        assert (await anna.request("DELETE", f"{path}/{anna.id}", expect=409)).json()["code"] == "last_owner"
        await anna.request("PATCH", f"{path}/{anna.id}", json={"role": "viewer"}, expect=409)
        await seated(anna, organization, bo, "owner")
        both = await asyncio.gather(
            anna.request("DELETE", f"{path}/{anna.id}"),
            bo.request("PATCH", f"{path}/{bo.id}", json={"role": "viewer"}),
        )
        assert sorted(answer.status_code for answer in both) == [200, 409]

    async def test_are_changed_by_owners_alone(self, world: World) -> None:
        anna, bo, cy = await world.people("anna", "bo", "cy")
        organization = await anna.organization()
        path = seats_of(organization)
        await seated(anna, organization, bo, "recruiter")
        await bo.request("PATCH", f"{path}/{bo.id}", json={"role": "owner"}, expect=403)
        await bo.request("DELETE", f"{path}/{anna.id}", expect=403)
        await cy.request("DELETE", f"{path}/{cy.id}", expect=403)
        await anna.request("PATCH", f"{path}/{cy.id}", json={"role": "viewer"}, expect=404)
        changed = (await anna.request("PATCH", f"{path}/{bo.id}", json={"role": "viewer"}, expect=200)).json()
        assert changed["role"] == "viewer"
        await bo.post(JOBS, {**A_JOB, "organization_id": organization["id"]}, expect=403)

    async def test_one_who_leaves_leaves_the_jobs(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        organization = await anna.organization()
        await seated(anna, organization, bo, "recruiter")
        job = await bo.publishes_job(organization)
        await bo.request("DELETE", f"{seats_of(organization)}/{bo.id}", expect=200)
        await bo.post(f"{JOBS}/{job['id']}/close", expect=403)
        assert (await anna.get(f"/api/v1/statuses/{job['status_id']}"))["account"]["id"] == bo.id
        assert (await anna.post(f"{JOBS}/{job['id']}/close"))["state"] == "closed"
