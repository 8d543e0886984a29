"""Who may do what with applications, résumés and credit: every operation, for everyone whom it might concern."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import apply
from tests.applications.test_stages import move
from tests.organizations.test_routes import seat
from tests.people import Person, World
from tests.resumes.test_routes import upload

pytestmark = pytest.mark.anyio

V1 = "/api/weizhi/v1"
ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "apply": ("POST", "/jobs/{job}/applications", {}),
    "list of job": ("GET", "/applications?job_id={job}", {}),
    "list of organization": ("GET", "/applications?organization_id={organization}", {}),
    "counts": ("GET", "/applications/counts?job_id={job}", {}),
    "get": ("GET", "/applications/{application}", {}),
    "resume": ("GET", "/applications/{application}/resume", {}),
    "accesses": ("GET", "/applications/{application}/accesses", {}),
    "credits": ("GET", "/applications/{application}/credits", {}),
    "recompute": ("POST", "/applications/{application}/credits/recompute", {"policy": "none"}),
    "move": ("PATCH", "/applications/{application}", {"stage": "offer"}),
    "withdraw": ("POST", "/applications/{application}/withdraw", {}),
    "upload": ("POST", "/resumes", {}),
    "resumes": ("GET", "/resumes", {}),
    "resume file": ("GET", "/resumes/{resume}/file", {}),
    "delete resume": ("DELETE", "/resumes/{resume}", {}),
    "own credits": ("GET", "/credits", {}),
    "job policy": ("GET", "/jobs/{job}/credit_policy", {}),
    "set job policy": ("PUT", "/jobs/{job}/credit_policy", {"policy": "equal"}),
    "organization policy": ("GET", "/organizations/{organization}/credit_policy", {}),
    "set organization policy": ("PUT", "/organizations/{organization}/credit_policy", {"policy": "equal"}),
    "record": ("GET", "/accounts/{applicant}/referrals", {}),
    "follow link": ("GET", "/jobs/{job}/apply", {}),
    "consent": ("GET", "/applications/consent", {}),
    "questions": ("GET", "/jobs/{job}/questions", {}),
    "set questions": ("PUT", "/jobs/{job}/questions", {"questions": []}),
}
# What anyone may read, signed in or not. (Nobody goes on from this job: it names no page.)
OPEN = {
    "job policy": 200,
    "organization policy": 200,
    "record": 200,
    "follow link": 409,
    "consent": 200,
    "questions": 200,
}
OWN = {"upload": 422, "resumes": 200, "own credits": 200}
HIDDEN = dict.fromkeys(("get", "resume", "accesses", "credits", "recompute", "move", "withdraw"), 404)
NO_RESUME = {"resume file": 404, "delete resume": 404}
NO_SEAT = dict.fromkeys(
    ("list of job", "list of organization", "counts", "set job policy", "set organization policy", "set questions"), 403
)
EXPECTED: dict[str, Mapping[str, int]] = {
    "rival": {**OPEN, **OWN, **HIDDEN, **NO_RESUME, **NO_SEAT, "apply": 200},
    "stranger": {**OPEN, **OWN, **HIDDEN, **NO_RESUME, **NO_SEAT, "apply": 200},
    # Who passed the job on is credited, and still sees nothing of the application.
    "anna": {**OPEN, **OWN, **HIDDEN, **NO_RESUME, **NO_SEAT, "apply": 200},
    "viewer": {
        **OPEN,
        **OWN,
        **NO_RESUME,
        **dict.fromkeys(("list of job", "list of organization", "counts", "get", "resume", "credits"), 200),
        **dict.fromkeys(("apply", "accesses", "recompute", "move", "withdraw"), 403),
        **dict.fromkeys(("set job policy", "set organization policy", "set questions"), 403),
    },
    "applicant": {
        **OPEN,
        **OWN,
        **NO_SEAT,
        **dict.fromkeys(("get", "resume", "accesses", "credits", "resume file"), 200),
        **dict.fromkeys(("recompute", "move"), 403),
        "apply": 409,
        "delete resume": 200,
        "withdraw": 200,
    },
}


async def ask(person: Person, row: str, ids: dict[str, str], token: str | None = None) -> int:
    method, path, body = ROWS[row]
    options: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": body}
    headers = {} if token == "" else {"Authorization": f"Bearer {token or person.token}"}
    answer = await person.world.client.request(method, V1 + path.format(**ids), headers=headers, **options)
    return answer.status_code


class TestApplication:
    async def test_is_for_its_two_sides_alone(self, world: World, resources: Resources) -> None:
        owner, rival, viewer, applicant, anna, stranger, revoked = await world.people(
            "owner", "rival", "viewer", "applicant", "anna", "stranger", "revoked"
        )
        organization = await owner.organization()
        await seat(resources, viewer, organization, "viewer")
        await rival.publishes_job()
        job = await owner.publishes_job(organization)
        reposted = await anna.reposts({"id": job["status_id"]})
        resume = await upload(applicant)
        made = await apply(applicant, job, via=reposted["id"], resume_id=resume["id"])
        await move(owner, made, "hired")
        await world.settle()
        ids = {"job": job["id"], "organization": organization["id"], "application": made["id"], "resume": resume["id"]}
        ids["applicant"] = applicant.id

        world_app = {"client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
        await world.client.post("/oauth/revoke", json={**world_app, "token": revoked.token})
        for row in ROWS:
            for token in ("", "no-such-token", revoked.token):
                # What shows everyone the same does not ask who it is.
                expected = OPEN.get(row, 401) if token == "" or row in ("organization policy", "consent") else 401
                assert await ask(revoked, row, ids, token=token) == expected, (row, token)
            if row not in OPEN:
                assert await ask(stranger, row, ids, token=world.app_token) in (401, 403), row
        # The applicant's withdrawal comes last.
        for person in (rival, stranger, anna, viewer, applicant):
            told = {row: await ask(person, row, ids) for row in ROWS}
            assert told == EXPECTED[person.username], person.username
        async with resources.db.reading() as session:
            offers = text("SELECT count(*) FROM application_changes WHERE stage = 'offer'")
            assert await session.scalar(offers) == 0
