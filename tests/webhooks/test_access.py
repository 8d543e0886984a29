"""Who may do what with webhooks: every operation, for everybody who might try."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit import changes
from app.kit.db import touch
from app.webhooks.routes import router
from tests.people import SCOPES, Person, World
from tests.webhooks.conftest import SCOPE, Employer

pytestmark = pytest.mark.anyio

# Each operation with its body, in an order in which one person may do all of them.
OPERATIONS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "webhooks", {"organization_id": "{organization}", "url": "https://hooks.example.com/"}),
    ("GET", "webhooks?organization_id={organization}", None),
    ("GET", "webhooks/{webhook}", None),
    ("PATCH", "webhooks/{webhook}", {"description": "x"}),
    ("POST", "webhooks/{webhook}/test", {}),
    ("POST", "webhooks/{webhook}/rotate", {}),
    ("POST", "webhooks/{webhook}/replay", {"since": "2020-01-01T00:00:00Z"}),
    ("GET", "webhooks/{webhook}/deliveries", None),
    ("GET", "deliveries/{delivery}/attempts", None),
    ("POST", "deliveries/{delivery}/retry", {}),
    ("DELETE", "webhooks/{webhook}", None),
]
# What each meets: for the first operation, for the list, and for all others.
ACTORS = {
    "owner": (200, "shown", 200),
    "recruiter": (200, "shown", 200),
    "viewer": (403, "empty", 404),
    "recruiter of another company": (403, "empty", 404),
    "applicant": (403, "empty", 404),
    "stranger": (403, "empty", 404),
    "nobody": (401, 401, 401),
    "revoked token": (401, 401, 401),
    "token without the scope": (403, 403, 403),
}


async def tries(world: World, token: str | None, method: str, path: str, body: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await world.client.request(method, f"{SCOPE}/{path}", headers=headers, json=body)
    return answer.status_code, answer.json()


async def token_of(actor: str, employer: Employer, resources: Resources, job: dict[str, Any]) -> str | None:
    world, owner = employer.world, employer.person
    if actor == "owner":
        return owner.token
    if actor == "nobody":
        return None
    person: Person = await world.person("somebody")
    seat = {"recruiter": "recruiter", "viewer": "viewer"}.get(actor)
    if seat or actor in ("revoked token", "token without the scope"):
        async with resources.db.transaction() as session:
            await session.execute(
                text("INSERT INTO seats (organization_id, account_id, role) VALUES (:organization, :account, :role)"),
                {"organization": int(employer.organization["id"]), "account": int(person.id), "role": seat or "owner"},
            )
    if actor == "recruiter of another company":
        await person.publishes_job(await person.organization("别家"))
    if actor == "applicant":
        await person.post(f"{SCOPE}/jobs/{job['id']}/applications", {"message": "你好", "consent": True})
    if actor == "revoked token":
        app = {"client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
        await world.client.post("/oauth/revoke", json={**app, "token": person.token})
    if actor == "token without the scope":
        narrowed = [scope for scope in SCOPES.split() if scope != "write"] + ["write:jobs"]
        async with resources.db.transaction() as session:
            touch(session, changes.ALL)
            await session.execute(
                text("UPDATE tokens SET scopes = :scopes WHERE account_id = :id"),
                {"scopes": narrowed, "id": int(person.id)},
            )
    return person.token


@pytest.mark.parametrize("actor", ACTORS)
async def test_everybody_meets_what_they_may(actor: str, employer: Employer, resources: Resources) -> None:
    created, listed, others = ACTORS[actor]
    webhook = await employer.listens("/status_500")
    delivery = await employer.pings(webhook)
    job = await employer.person.publishes_job(employer.organization)
    token = await token_of(actor, employer, resources, job)
    names = {"organization": employer.organization["id"], "webhook": webhook["id"], "delivery": delivery["id"]}
    for method, path, body in OPERATIONS:
        filled = {key: value.format(**names) for key, value in body.items()} if body else body
        status, answer = await tries(employer.world, token, method, path.format(**names), filled)
        expected = created if path == "webhooks" else others
        if path.startswith("webhooks?"):
            shown = {"shown": (200, True), "empty": (200, False)}.get(str(listed), (listed, True))
            assert (status, bool(answer)) == shown, (method, path)
        else:
            assert status == expected, (method, path, answer)


async def test_no_operation_is_missing() -> None:
    known = {
        (method, path.partition("?")[0].replace("{webhook}", "{id}").replace("{delivery}", "{id}"))
        for method, path, _ in OPERATIONS
    }
    there = {(method, route.path.removeprefix(f"{SCOPE}/")) for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    assert there - known == {("GET", "webhooks/event_types")}
