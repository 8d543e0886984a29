"""The watch over all answers sees what is wrong, lets pass what is right, and knows each slip of the file it reads."""

import json
from typing import Any

import httpx2
import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from tests.contract import faults, watch
from tests.people import World

needs_schema = pytest.mark.skipif(not watch.SCHEMA.exists(), reason=watch.ABSENT)

NOBODY = {"error": "Record not found", "code": "not_found"}


def problems(method: str, path: str, status: int, value: Any) -> list[str]:
    return watch.problems(watch.Answer(method, path, status, "application/json", json.dumps(value).encode()))


async def answered(app: ASGIApp, path: str) -> list[str]:
    """What the watch says when `app` answers."""
    told: list[str] = []
    transport = httpx2.ASGITransport(app=watch.Watched(app, told.append))
    async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
        await client.get(path)
    return told


class TestWatch:
    @pytest.mark.anyio
    async def test_fails_the_test_that_got_a_wrong_answer(self, world: World) -> None:
        (anna,) = await world.people("anna")
        post = await anna.says("你好")
        wrong = watch.Watched(JSONResponse({**post, "id": 1}), watch.blame)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=wrong), base_url="http://weizhi.test") as it:
            with pytest.raises(watch.Violation) as caught:
                await it.get("/api/v1/statuses/1/")
        assert "GET /api/v1/statuses/1 answers 200, against" in str(caught.value)
        assert "weizhi: GET /api/v1/statuses/{id}: $.id: 1 is not of type" in str(caught.value)
        if watch.SCHEMA.exists():
            assert "mastodon: GET /api/v1/statuses/{id}: $.id: 1 is not of type" in str(caught.value)

    @pytest.mark.anyio
    async def test_reads_what_stands_where_the_client_fixture_stands(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/api/v1/statuses/1")).status_code == 404
        assert (await client.get("/api/v1/nothing")).status_code == 404
        assert isinstance(client._transport.app, watch.Watched)  # type: ignore[attr-defined]

    @pytest.mark.anyio
    async def test_wants_json_where_json_is_described(self) -> None:
        assert await answered(Response("<h1>404</h1>", 404, media_type="text/html"), "/api/v1/statuses/1")
        assert await answered(Response("<h1>404</h1>", 404, media_type="text/html"), "/api/v1/nothing")
        assert await answered(Response(b"", 200), "/api/v1/statuses/1")

    def test_refuses_statuses_that_are_not_described(self) -> None:
        assert problems("GET", "/api/v1/statuses/1", 404, NOBODY) == []
        assert problems("GET", "/api/v1/statuses/1", 500, NOBODY)
        assert problems("GET", "/api/v1/statuses/1", 201, {})

    def test_refuses_errors_without_their_form(self) -> None:
        assert problems("GET", "/api/v1/nothing", 404, NOBODY) == []
        assert problems("GET", "/api/v1/nothing", 404, {"detail": "Not Found"})
        assert problems("GET", "/api/v1/statuses/1", 404, {"detail": "Not Found"})
        assert problems("POST", "/api/v1/statuses", 422, {**NOBODY, "details": {"status": ["too long"]}})

    def test_refuses_answers_of_operations_nobody_described(self) -> None:
        assert problems("GET", "/api/v1/nothing", 200, {})


class TestMastodonsSchema:
    @needs_schema
    def test_finds_words_before_parameters(self) -> None:
        mastodons = watch.mastodons()
        assert mastodons
        assert mastodons.find("GET", "/api/v1/accounts/lookup") == "/api/v1/accounts/lookup"
        assert mastodons.find("GET", "/api/v1/accounts/12") == "/api/v1/accounts/{id}"
        assert mastodons.find("GET", "/api/v1/accounts/12/nothing") is None
        assert mastodons.find("PATCH", "/api/v1/accounts/12") is None

    @needs_schema
    def test_tells_the_nearest_alternative_that_does_not_fit(self) -> None:
        mastodons = watch.mastodons()
        assert mastodons
        at = "/components/schemas/Conversation/properties/last_status"
        assert mastodons.problems(at, None) == []
        assert '$: "account" is a required property' in mastodons.problems(at, {"id": "1"})

    @needs_schema
    def test_still_has_the_slips_that_we_mend(self) -> None:
        assert faults.mend(json.loads(watch.SCHEMA.read_text(encoding="utf-8"))) == []
        assert all(fault.because for fault in faults.FAULTS)
