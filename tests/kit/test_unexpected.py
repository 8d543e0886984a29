"""What goes wrong in ways nobody foresaw: told without secrets, found again by its request id."""

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.bootstrap import Resources
from app.kit.db import Database
from app.kit.http import Transaction
from app.main import create_app

pytestmark = pytest.mark.anyio


async def test_a_database_error_does_not_tell_its_parameters(db: Database) -> None:
    with pytest.raises(DBAPIError) as caught:
        async with db.reading() as session:
            await session.execute(text("SELECT CAST(:secret AS text) || (1 / 0)"), {"secret": "whsec_do-not-tell"})
    assert "whsec_do-not-tell" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "status"), [("40P01", 503), ("40001", 503), ("53100", 503), ("57014", 503), ("P0001", 500)]
)
async def test_what_may_work_later_is_503_and_the_rest_is_our_fault(
    resources: Resources, state: str, status: int
) -> None:
    api = create_app(resources)

    @api.get("/api/fails")
    async def fails() -> None:
        async with resources.db.transaction() as session:
            await session.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'boom' USING ERRCODE = '{state}'; END $$"))

    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
        response = await client.get(
            "/api/fails", headers={"X-Request-Id": "request-42", "Origin": "https://app.example"}
        )

    assert response.status_code == status
    assert response.json()["code"] == ("unavailable" if status == 503 else "internal_error")
    assert response.headers["x-request-id"] == "request-42"
    assert response.headers["access-control-allow-origin"] == "*"


async def test_head_is_get_without_its_body(client: httpx2.AsyncClient) -> None:
    for path in ("/", "/livez", "/api/v1/timelines/public"):
        response = await client.head(path)
        assert (response.status_code, response.content) == (200, b""), path


async def test_an_answer_is_sent_only_after_its_commit(resources: Resources) -> None:
    api = create_app(resources)

    @api.post("/commits")
    async def commits(session: Transaction) -> dict[str, str]:
        await session.execute(text("CREATE TEMPORARY TABLE parent (id int PRIMARY KEY) ON COMMIT DROP"))
        await session.execute(
            text("CREATE TEMPORARY TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
        )
        await session.execute(text("INSERT INTO child VALUES (1)"))
        return {"status": "done"}

    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
        response = await client.post("/commits")

    assert response.status_code == 500, response.text
