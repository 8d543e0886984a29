"""Who may do what with jobs, seats and verification: every operation, for everyone who might try."""

from typing import Any

import pytest

from tests.people import A_JOB, Person, World

pytestmark = pytest.mark.anyio

ORGANIZATION, JOB, DRAFT = "/api/weizhi/v1/organizations/{o}", "/api/weizhi/v1/jobs/{j}", "/api/weizhi/v1/jobs/{d}"
ORGANIZATIONS, JOBS = "/api/weizhi/v1/organizations", "/api/weizhi/v1/jobs"
INVITATIONS, SEARCHES = "/api/weizhi/v1/seat_invitations", "/api/weizhi/v1/saved_searches"
WHO = ("owner", "recruiter", "viewer", "other recruiter", "applicant", "stranger", "revoked")
# Operation: what each of WHO is answered, in that order. Denied ones come first: nothing has changed yet.
ROWS: dict[tuple[str, str], tuple[int, ...]] = {
    # Employers are public: nobody asks who is asking.
    ("GET", ORGANIZATION): (200, 200, 200, 200, 200, 200, 200),
    ("GET", ORGANIZATIONS): (200, 200, 200, 200, 200, 200, 401),
    ("POST", ORGANIZATIONS): (200, 200, 200, 200, 200, 200, 401),
    ("PATCH", ORGANIZATION): (200, 403, 403, 403, 403, 403, 401),
    ("GET", ORGANIZATION + "/jobs"): (200, 200, 200, 403, 403, 403, 401),
    ("GET", ORGANIZATION + "/seats"): (200, 200, 200, 403, 403, 403, 401),
    ("POST", ORGANIZATION + "/seats"): (409, 403, 403, 403, 403, 403, 401),
    ("PATCH", ORGANIZATION + "/seats/{v}"): (200, 403, 403, 403, 403, 403, 401),
    ("DELETE", ORGANIZATION + "/seats/{owner}"): (409, 403, 403, 403, 403, 403, 401),
    ("GET", ORGANIZATION + "/seat_invitations"): (200, 403, 403, 403, 403, 403, 401),
    ("POST", INVITATIONS + "/{i}/accept"): (404, 404, 404, 404, 404, 404, 401),
    ("GET", INVITATIONS): (200, 200, 200, 200, 200, 200, 401),
    ("DELETE", INVITATIONS + "/{i}"): (200, 404, 404, 404, 404, 404, 401),
    ("GET", ORGANIZATION + "/verification"): (200, 200, 200, 403, 403, 403, 401),
    ("POST", ORGANIZATION + "/verify"): (422, 403, 403, 403, 403, 403, 401),
    ("GET", JOBS): (200, 200, 200, 200, 200, 200, 401),
    ("POST", JOBS): (200, 200, 403, 403, 403, 403, 401),
    ("GET", DRAFT): (200, 200, 200, 404, 404, 404, 401),
    ("GET", JOB): (200, 200, 200, 200, 200, 200, 401),
    ("PATCH", JOB): (200, 200, 403, 403, 403, 403, 401),
    ("POST", JOB + "/renew"): (422, 422, 403, 403, 403, 403, 401),
    ("POST", JOB + "/publish"): (409, 409, 403, 403, 403, 403, 401),
    ("POST", JOB + "/pause"): (200, 409, 403, 403, 403, 403, 401),
    ("POST", JOB + "/fill"): (200, 409, 403, 403, 403, 403, 401),
    ("POST", JOB + "/close"): (409, 409, 403, 403, 403, 403, 401),
    ("DELETE", JOB): (200, 404, 403, 403, 403, 403, 401),
    ("DELETE", DRAFT): (200, 404, 403, 404, 404, 404, 401),
    # The owner's.
    ("GET", SEARCHES): (200, 200, 200, 200, 200, 200, 401),
    ("POST", SEARCHES): (200, 200, 200, 200, 200, 200, 401),
    ("GET", SEARCHES + "/{s}"): (200, 404, 404, 404, 404, 404, 401),
    ("PATCH", SEARCHES + "/{s}"): (200, 404, 404, 404, 404, 404, 401),
    ("DELETE", SEARCHES + "/{s}"): (200, 404, 404, 404, 404, 404, 401),
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", ORGANIZATIONS): {"name": "又一家"},
    ("POST", JOBS): {"organization_id": "{o}", "title": "又一个"},
    ("POST", SEARCHES): {"name": "前端", "q": "前端"},
    ("PATCH", SEARCHES + "/{s}"): {"name": "别的"},
    ("PATCH", ORGANIZATION): {"profile": "换个说法"},
    ("POST", ORGANIZATION + "/seats"): {"account_id": "{v}", "role": "owner"},
    ("PATCH", ORGANIZATION + "/seats/{v}"): {"role": "viewer"},
    ("PATCH", JOB): {"headcount": 3},
    ("POST", ORGANIZATION + "/verify"): {"credit_code": "1", "evidence": "x"},
    ("POST", JOB + "/renew"): {"valid_through": "2020-01-01"},
}


async def test_each_is_answered_as_they_may(world: World) -> None:
    owner, recruiter, viewer, other, applicant, stranger, gone, guest = await world.people(
        "owner", "recruiter", "viewer", "other", "applicant", "stranger", "gone", "guest"
    )
    organization = await owner.organization()
    await other.organization("别家")
    path = f"/api/weizhi/v1/organizations/{organization['id']}/seats"
    for person, role in ((recruiter, "recruiter"), (viewer, "viewer"), (gone, "owner"), (guest, "viewer")):
        invitation = await owner.post(path, {"account_id": person.id, "role": role})
        if person is not guest:
            await person.post(f"/api/weizhi/v1/seat_invitations/{invitation['id']}/accept")
    job = await owner.publishes_job(organization)
    draft = await owner.post("/api/weizhi/v1/jobs", {**A_JOB, "organization_id": organization["id"]})
    search = await owner.post(SEARCHES, {"name": "后端", "q": "后端"})
    await owner.request("DELETE", f"{path}/{gone.id}", expect=200)
    revoked = {"token": gone.token, "client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
    assert (await world.client.post("/oauth/revoke", json=revoked)).status_code == 200
    people = dict(zip(WHO, (owner, recruiter, viewer, other, applicant, stranger, gone), strict=True))
    ids = {
        "o": organization["id"],
        "j": job["id"],
        "d": draft["id"],
        "v": viewer.id,
        "i": invitation["id"],
        "s": search["id"],
        "owner": owner.id,
    }
    wrong = []
    for (method, operation), expected in ROWS.items():
        body = {key: str(value).format(**ids) for key, value in BODIES.get((method, operation), {}).items()}
        # Those who may come last, the owner first among them: what they do changes what others are answered.
        order = [*range(2, len(WHO)), 0, 1]
        answers = dict.fromkeys(WHO, 0)
        for index in order if method != "GET" else range(len(WHO)):
            answers[WHO[index]] = await status(people[WHO[index]], method, operation.format(**ids), body)
        if tuple(answers.values()) != expected:
            wrong.append(f"{method} {operation}: {tuple(answers.values())} and not {expected}")
    assert not wrong, "\n".join(wrong)


async def status(person: Person, method: str, path: str, body: dict[str, Any]) -> int:
    return (await person.request(method, path, **({"json": body} if method != "GET" else {}))).status_code
