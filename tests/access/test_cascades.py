"""Who may see the tree of a job, its picture and who brought whom: every operation, for everyone who might try."""

import pytest

from app.bootstrap import Resources
from tests.access.test_funnel import world_secrets
from tests.applications.test_routes import apply
from tests.organizations.test_routes import seat
from tests.people import World

pytestmark = pytest.mark.anyio

JOB = "/api/weizhi/v1/jobs/{job}"
OF_SEATS = (JOB + "/cascade", JOB + "/cascade.svg", JOB + "/reposters")
PATH = "/api/weizhi/v1/statuses/{repost}/path"


async def test_each_is_for_the_seats_of_the_organization(world: World, resources: Resources) -> None:
    owner, viewer, rival, applicant, reposter, stranger, revoked = await world.people(
        *("owner", "viewer", "rival", "applicant", "reposter", "stranger", "revoked")
    )
    organization = await owner.organization()
    for person, role in ((viewer, "viewer"), (revoked, "owner")):
        await seat(resources, person, organization, role)
    job = await owner.publishes_job(organization)
    await rival.publishes_job(await rival.organization("别家"))
    repost = await reposter.reposts({"id": job["status_id"]})
    await apply(applicant, job, via=repost["id"])
    await world.client.post("/oauth/revoke", json={**world_secrets(world), "token": revoked.token})

    seats, others = ("owner", "viewer"), ("rival", "applicant", "reposter", "stranger")
    # By which way a post came is told to whoever may read it.
    expected = {path: dict.fromkeys(seats, 200) | dict.fromkeys(others, 403) for path in OF_SEATS}
    expected[PATH] = dict.fromkeys((*seats, *others), 200)
    people = (owner, viewer, rival, applicant, reposter, stranger)
    ids = {"job": job["id"], "repost": repost["id"]}
    for operation, answers in expected.items():
        path = operation.format(**ids)
        told = {person.username: (await person.request("GET", path)).status_code for person in people}
        assert told == answers, operation
        tokens = {None: 200 if operation == PATH else 401, "no-such-token": 401, revoked.token: 401}
        for token, status in tokens.items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            assert (await world.client.get(path, headers=headers)).status_code == status, (operation, token)
        if operation != PATH:
            # Refusing tells nothing of the tree, not even by a picture.
            refused = await rival.request("GET", path)
            assert refused.json()["code"] == "not_seat_member"
            assert reposter.username not in refused.text
            headers = {"Authorization": f"Bearer {world.app_token}"}
            assert (await world.client.get(path, headers=headers)).status_code == 403, operation
