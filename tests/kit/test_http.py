"""HTTP manners every route shares."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.bootstrap import Resources, open_resources
from app.kit import log
from app.outbox.publish import Event
from app.outbox.relay import Handler, Relay
from app.posts.events import PostPublished
from app.settings import Settings
from tests.people import World
from tests.service import service

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nothing", 404, "not_found"),
            ("GET", "/api/v1/nothing/", 404, "not_found"),
            ("DELETE", "/api/v1/timelines/public", 405, "method_not_allowed"),
            ("PUT", "/livez", 405, "method_not_allowed"),
            ("GET", "/a%00b", 400, "bad_request"),
            ("GET", "/api/v1/timelines/public?max_id=%00", 400, "bad_request"),
        ],
    )
    async def test_are_json_in_mastodons_form(
        self, client: httpx2.AsyncClient, method: str, path: str, status: int, code: str
    ) -> None:
        response = await client.request(method, path)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/json"
        assert response.json()["code"] == code
        assert isinstance(response.json()["error"], str)
        assert "detail" not in response.json()

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png", "x"])
    async def test_of_other_content_types_are_415(self, client: httpx2.AsyncClient, kind: str) -> None:
        refused = await client.post("/api/v1/apps", content=b"x", headers={"Content-Type": kind})
        assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_payload")

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"{'a': 1}",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"a":' * 100 + b"1" + b"}" * 100,
            b"[" * 65 + b"]" * 65,
            b'{"a": ' + b"1" * 5000 + b"}",
        ],
        ids=lambda body: repr(body[:8]),
    )
    async def test_of_malformed_or_deep_json_are_400(self, client: httpx2.AsyncClient, body: bytes) -> None:
        refused = await client.post("/api/v1/apps", content=body, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request"), refused.text

    @pytest.mark.parametrize("body", [b"[]", b"7", b'"x"', b"null", b"{}", b""])
    async def test_of_json_that_is_no_such_object_are_422(self, client: httpx2.AsyncClient, body: bytes) -> None:
        refused = await client.post("/api/v1/apps", content=body, headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed"), refused.text

    @pytest.mark.parametrize(
        "body", [b"a[b]=1&a=2", b"a=1&a[b]=2", b"%FF=1", b"&".join([b"a[]=1"] * 1001)], ids=lambda body: body[:12]
    )
    async def test_of_forms_that_cannot_be_read_are_400(self, client: httpx2.AsyncClient, body: bytes) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        refused = await client.post("/api/v1/apps", content=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request"), refused.text

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("multipart/form-data", b"x"),
            ("multipart/form-data; boundary=", b"x"),
            ("multipart/form-data; boundary=x", b"nothing"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\nv\r\n--x--\r\n"),
        ],
    )
    async def test_of_multipart_that_cannot_be_read_are_told(
        self, client: httpx2.AsyncClient, kind: str, body: bytes
    ) -> None:
        refused = await client.post("/api/v1/apps", content=body, headers={"Content-Type": kind})
        assert refused.status_code in (400, 422), refused.text

    async def test_of_files_where_none_are_taken_are_422(self, client: httpx2.AsyncClient) -> None:
        refused = await client.post("/api/v1/apps", files={"client_name": ("a.txt", b"x")})
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")

    async def test_of_bodies_too_large_are_413(self, client: httpx2.AsyncClient) -> None:
        refused = await client.post("/api/v1/apps", content=b"x" * (1024 * 1024 + 1), headers=JSON)
        assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")


class TestPaths:
    async def test_with_a_trailing_slash_are_the_same(self, client: httpx2.AsyncClient) -> None:
        for path in ("/api/v1/timelines/public", "/livez", "/api/weizhi/v1/jobs"):
            plain, slashed = await client.get(path), await client.get(f"{path}/")
            assert (plain.status_code, slashed.status_code) == (200, 200)
            assert plain.json() == slashed.json()


class TestCors:
    async def test_lets_browsers_on_any_site_ask_first(self, client: httpx2.AsyncClient) -> None:
        for method, path in (
            ("POST", "/api/v1/statuses"),
            ("POST", "/oauth/token"),
            ("PATCH", "/api/v1/accounts/update_credentials"),
        ):
            headers = {
                "Origin": "https://elk.example",
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
            }
            answer = await client.options(path, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert method in answer.headers["access-control-allow-methods"]
            assert "authorization" in answer.headers["access-control-allow-headers"]

    async def test_shows_links_and_limits_to_scripts_also_on_errors(self, client: httpx2.AsyncClient) -> None:
        for path in ("/api/v1/timelines/public", "/api/v1/timelines/home", "/api/v1/nothing", "/oauth/userinfo"):
            answer = await client.get(path, headers={"Origin": "https://elk.example"})
            assert answer.headers["access-control-allow-origin"] == "*"
            exposed = answer.headers["access-control-expose-headers"]
            for name in ("Link", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"):
                assert name in exposed


class TestPaging:
    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=-1",
            "limit=x",
            "limit=",
            "max_id=x",
            "max_id=-1",
            "since_id=1.5",
            "min_id=9223372036854775808",
            "max_id=",
        ],
    )
    async def test_refuses_what_is_no_page(self, client: httpx2.AsyncClient, query: str) -> None:
        for path in ("/api/v1/timelines/public", "/api/weizhi/v1/jobs"):
            if path.endswith("jobs") and not query.startswith("limit"):
                continue
            refused = await client.get(f"{path}?{query}")
            assert (refused.status_code, list(refused.json()["details"])) == (422, [query.split("=")[0]]), path

    async def test_gives_at_most_forty_posts(self, world: World) -> None:
        anna = await world.person("anna")
        for number in range(42):
            await anna.says(str(number))
        path = "/api/v1/timelines/public"
        assert [len(await anna.get(path, **params)) for params in ({}, {"limit": 1000}, {"limit": 40})] == [20, 40, 40]
        response = await world.client.get(f"{path}?limit=1000&local=true")
        assert "local=true" in response.links["next"]["url"]
        assert len((await world.client.get(response.links["next"]["url"])).json()) == 2


class TestRequestId:
    async def test_is_echoed_and_follows_the_event_into_the_audit_log_and_the_worker(
        self, world: World, resources: Resources
    ) -> None:
        anna = await world.person("anna")
        seen: list[str | None] = []

        async def note(_session: object, _payloads: object) -> None:
            seen.append(log.request_id.get())

        relay = Relay(
            resources.db,
            [Handler("test.note", (PostPublished,), note)],
            lease_seconds=5,
            retry_seconds=(),
            concurrency=1,
        )
        response = await anna.request(
            "POST", "/api/v1/statuses", json={"status": "x"}, headers={"X-Request-Id": "req-0123456789"}, expect=200
        )
        assert response.headers["X-Request-Id"] == "req-0123456789"
        async with resources.db.reading() as session:
            logged = await session.execute(
                text("SELECT action, actor_id, object_id FROM audit_log WHERE request_id = 'req-0123456789'")
            )
            assert logged.all() == [("post.published", int(anna.id), int(response.json()["id"]))]
        await relay._expand(0)
        async with resources.db.reading() as session:
            tasks = await session.execute(text("SELECT handler, request_id FROM tasks"))
            assert tasks.all() == [("test.note", "req-0123456789")]
        await relay.run_until_idle()
        assert seen == ["req-0123456789"]

    @pytest.mark.parametrize("given", [None, "short", "x" * 65, "with\ttab1", "é" * 8])
    async def test_is_made_anew_when_none_fit_was_given(self, client: httpx2.AsyncClient, given: str | None) -> None:
        headers = {b"X-Request-Id": given.encode()} if given else {}
        answer = await client.get("/livez", headers=headers)
        assert len(answer.headers["X-Request-Id"]) == 16
        assert answer.headers["X-Request-Id"] != given


class TestHealth:
    async def test_is_told(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/livez")).json() == {"status": "ok"}
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert {key: ready.json()[key] for key in ("status", "postgres", "feeds", "search")} == {
            "status": "ok",
            "postgres": "ok",
            "feeds": "ok",
            "search": "ok",
        }

    async def test_is_counted(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.says("x")
        answer = await world.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        assert 'weizhi_http_requests_total{method="POST",route="/api/v1/statuses",status="200"}' in answer.text
        assert "weizhi_outbox_events 2.0" in answer.text
        # Whatever strangers ask for must not become a label of its own.
        await world.client.get("/api/v1/statuses/123456789")
        await world.client.get("/made-up-123456789")
        assert "123456789" not in (await world.client.get("/metrics")).text

    async def test_is_degraded_without_valkey_and_home_comes_from_postgresql(
        self, world: World, settings: Settings, resources: Resources
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        await anna.follows(bo)
        post = await bo.says("仍在")
        away = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
        async with open_resources(away) as without:
            transport = httpx2.ASGITransport(app=service(without))
            async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
                ready = await client.get("/readyz")
                assert (ready.status_code, ready.json()["status"], ready.json()["feeds"]) == (200, "degraded", "down")
                headers = {"Authorization": f"Bearer {anna.token}"}
                home = await client.get("/api/v1/timelines/home", headers=headers)
                assert [item["id"] for item in home.json()] == [post["id"]]
                posted = await client.post("/api/v1/statuses", json={"status": "也能发"}, headers=headers)
                assert posted.status_code == 200
                home = await client.get("/api/v1/timelines/home", headers=headers)
                assert [item["id"] for item in home.json()] == [posted.json()["id"], post["id"]]

    async def test_is_not_ready_without_postgresql(self, settings: Settings, resources: Resources) -> None:
        url = "postgresql+asyncpg://nobody@127.0.0.1:1/nothing"
        async with open_resources(settings.model_copy(update={"database_url": SecretStr(url)})) as without:
            away = replace(without, feeds=resources.feeds)
            transport = httpx2.ASGITransport(app=service(away))
            async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
                for path, code in (("/readyz", "not_ready"), ("/api/v1/timelines/public", "unavailable")):
                    refused = await client.get(path)
                    assert (refused.status_code, refused.json()["code"]) == (503, code)
                    assert int(refused.headers["Retry-After"]) > 0
                assert (await client.get("/livez")).status_code == 200


def test_every_event_has_a_topic_of_its_own() -> None:
    def kinds(kind: type[Event]) -> list[type[Any]]:
        return [one for sub in kind.__subclasses__() for one in (sub, *kinds(sub))]

    # slots=True makes each dataclass twice: the first is an abandoned twin of the same name.
    topics = {
        (kind.__module__, kind.__name__): kind.topic for kind in kinds(Event) if kind.__module__.startswith("app.")
    }
    assert len(topics) == len(set(topics.values())) >= 10
