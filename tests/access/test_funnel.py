"""Who may see a job's funnel, and who is named in it."""

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import apply
from tests.cascades.test_funnel import funnel
from tests.organizations.test_routes import seat
from tests.people import World

pytestmark = pytest.mark.anyio


async def test_is_for_the_seats_of_its_organisation(world: World, resources: Resources) -> None:
    owner, viewer, rival, applicant, reposter, stranger = await world.people(
        "owner", "viewer", "rival", "applicant", "reposter", "stranger"
    )
    organization = await owner.organization()
    job = await owner.publishes_job(organization)
    await seat(resources, viewer, organization, "viewer")
    await rival.publishes_job(await rival.organization("别家"))
    repost = await reposter.reposts({"id": job["status_id"]})
    await apply(applicant, job, via=repost["id"])
    for person in (owner, viewer):
        shown = await funnel(person, job, group_by="account")
        assert [part["account"]["id"] for part in shown["parts"]] == [reposter.id, owner.id]
    for person in (rival, applicant, reposter, stranger):
        assert (await funnel(person, job, expect=403))["code"] == "not_seat_member"
    path = f"/api/weizhi/v1/jobs/{job['id']}/funnel"
    for token, expected in ((None, 401), ("no-such-token", 401), (world.app_token, 403)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        assert (await world.client.get(path, headers=headers)).status_code == expected
    await viewer.post("/oauth/revoke", {**world_secrets(world), "token": viewer.token})
    assert (await viewer.request("GET", path)).status_code == 401
    # Who keeps the recruiter away is counted among those who are not named.
    await reposter.post(f"/api/v1/accounts/{owner.id}/block")
    shown = await funnel(owner, job, group_by="account")
    assert [part["account"] and part["account"]["id"] for part in shown["parts"]] == [owner.id, None]
    async with resources.db.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM applications")) == 1


def world_secrets(world: World) -> dict[str, str]:
    """What an app shows of itself."""
    return {name: world.app[name] for name in ("client_id", "client_secret")}
