"""Who may do what with an introduction: every operation, for everyone who plays a part in it and those who do not."""

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.introductions.test_paths import INTRODUCTIONS, chain
from tests.introductions.test_routes import asks, does
from tests.people import World

pytestmark = pytest.mark.anyio

# Asker and recruiter (for whom it is) and a friend between them; a viewer of the recruiter's company, a recruiter of
# another, an applicant to the job, a stranger, and the asker with a token that was revoked.
ACTORS = ("asker", "friend", "recruiter", "viewer", "other", "applicant", "stranger", "revoked")
# Operation → status for each, while it lies with the recruiter. What changes something is tried by its parties last.
MATRIX: dict[str, tuple[int, ...]] = {
    "GET /{id}": (200, 200, 200, 404, 404, 404, 404, 401),
    "GET ?role=from": (200, 200, 200, 200, 200, 200, 200, 401),
    "GET ?role=via": (200, 200, 200, 200, 200, 200, 200, 401),
    "GET ?role=to": (200, 200, 200, 200, 200, 200, 200, 401),
    "GET /funnel": (200, 200, 200, 200, 200, 200, 200, 401),
    "GET /preferences": (200, 200, 200, 200, 200, 200, 200, 401),
    "PATCH /preferences": (200, 200, 200, 200, 200, 200, 200, 401),
    "GET /paths?organization_id={company}": (200, 200, 200, 200, 200, 200, 200, 401),
    "POST ": (422, 422, 422, 422, 422, 422, 422, 401),
    "POST /{id}/forward": (403, 409, 403, 404, 404, 404, 404, 401),
    "POST /{id}/withdraw": (200, 403, 403, 404, 404, 404, 404, 401),
    "POST /{id}/decline": (403, 409, 409, 404, 404, 404, 404, 401),
    "POST /{id}/accept": (403, 403, 409, 404, 404, 404, 404, 401),
}
# In whose lists it stands.
LISTED = {"GET ?role=from": {"asker"}, "GET ?role=via": {"friend"}, "GET ?role=to": {"recruiter"}}


async def test_each_may_do_what_their_part_allows(world: World, resources: Resources) -> None:
    people = dict(zip(ACTORS, await world.people(*ACTORS[:-1]), strict=False))
    asker, friend, recruiter = people["asker"], people["friend"], people["recruiter"]
    await chain(asker, friend, recruiter)
    company = await recruiter.organization()
    job = await recruiter.publishes_job(company)
    await people["other"].organization("别的公司")
    async with resources.db.transaction() as session:
        seat = "INSERT INTO seats (organization_id, account_id, role) VALUES (:company, :viewer, 'viewer')"
        await session.execute(text(seat), {"company": int(company["id"]), "viewer": int(people["viewer"].id)})
    await people["applicant"].post(f"/api/weizhi/v1/jobs/{job['id']}/applications", {"consent": True})
    made = await asks(asker, friend, job_id=job["id"])
    await does(friend, "forward", made)
    people["revoked"] = await world.person("revoked")
    app = {"client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
    revoked = await world.client.post("/oauth/revoke", json={**app, "token": people["revoked"].token})
    assert revoked.status_code == 200

    for operation, expected in MATRIX.items():
        verb, _, path = operation.partition(" ")
        # The asker's own comes last: it may end it.
        for name, status in sorted(zip(ACTORS, expected, strict=True), key=lambda row: row[1] == 200):
            address = INTRODUCTIONS + path.format(id=made["id"], company=company["id"])
            answer = await people[name].request(verb, address, json={} if verb != "GET" else None)
            assert answer.status_code == status, (operation, name, answer.text)
            if operation in LISTED and status == 200:
                assert (made["id"] in [one["id"] for one in answer.json()]) == (name in LISTED[operation]), name
