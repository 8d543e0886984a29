"""Who may do what with an inbound source: every operation, for everyone who is not its organisation's recruiter."""

from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from tests.applications.test_routes import apply
from tests.inbound.signing import SOURCES
from tests.inbound.test_receipts import rejected
from tests.inbound.test_standard import new_source
from tests.people import Person, World

pytestmark = pytest.mark.anyio

PERIOD = {"since": "2020-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}
ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "create": ("POST", "", {"kind": "standard", "organization_id": "{organization}"}),
    "get": ("GET", "/{source}", {}),
    "update": ("PATCH", "/{source}", {"enabled": False}),
    "rotate": ("POST", "/{source}/rotate", {}),
    "poll": ("POST", "/{source}/poll", {}),
    "receipts": ("GET", "/{source}/receipts", {}),
    "receipt": ("GET", "/{source}/receipts/{receipt}", {}),
    "replay": ("POST", "/{source}/receipts/{receipt}/replay", {}),
    "replay a period": ("POST", "/{source}/replay", PERIOD),
    "delete": ("DELETE", "/{source}", {}),
}
# A source is not told of to whom may not change it; that an organisation exists is no secret.
REFUSED = {"create": 403}


async def ask(person: Person, row: str, ids: dict[str, str], token: str | None = None) -> int:
    method, path, body = ROWS[row]
    filled = {name: value.format(**ids) if isinstance(value, str) else value for name, value in body.items()}
    options: dict[str, Any] = {} if method in ("GET", "DELETE") else {"json": filled}
    headers = {} if token == "" else {"Authorization": f"Bearer {token or person.token}"}
    answer = await person.world.client.request(method, SOURCES + path.format(**ids), headers=headers, **options)
    return answer.status_code


class TestInboundSource:
    async def test_is_its_recruiters_alone(self, world: World, resources: Resources) -> None:
        owner, rival, viewer, applicant, stranger, revoked = await world.people(
            "owner", "rival", "viewer", "applicant", "stranger", "revoked"
        )
        source = await new_source(owner)
        await apply(applicant, await owner.publishes_job({"id": source["organization_id"]}))
        (receipt,) = await rejected(world, source, "x")
        await new_source(rival, await rival.organization("别家"))
        ids = {"source": source["id"], "receipt": receipt["receipt_id"], "organization": source["organization_id"]}
        async with resources.db.transaction() as session:
            seat = "INSERT INTO seats (organization_id, account_id, role) VALUES (:organization, :account, :role)"
            for person, role in ((viewer, "viewer"), (revoked, "recruiter")):
                values = {"organization": int(ids["organization"]), "account": int(person.id), "role": role}
                await session.execute(text(seat), values)
        gone = {"token": revoked.token, "client_id": world.app["client_id"]}
        await world.client.post("/oauth/revoke", json={**gone, "client_secret": world.app["client_secret"]})

        for person in (rival, viewer, applicant, stranger):
            for row in ROWS:
                assert await ask(person, row, ids) == REFUSED.get(row, 404), f"{person.username}: {row}"
            assert source["id"] not in [one["id"] for one in await person.get(SOURCES)]
        for row in ROWS:
            assert await ask(stranger, row, ids, token="") == 401, row
            assert await ask(stranger, row, ids, token="no-such-token") == 401, row
            assert await ask(revoked, row, ids) == 401, row
            assert await ask(stranger, row, ids, token=world.app_token) in (401, 403), row
        expected = {"receipts": 200, "poll": 409, "replay a period": 202}
        assert await ask(owner, "poll", ids) == expected["poll"]
        for row in ("create", "get", "rotate", "receipts", "receipt", "replay", "replay a period", "update", "delete"):
            assert await ask(owner, row, ids) == expected.get(row, 200), row
