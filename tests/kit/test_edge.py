"""What hostile or broken clients send gets a clear refusal, wherever it comes in, and never a 5xx."""

from typing import Any

import httpx2
import orjson
import pytest

from tests.people import World

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
UNFIT = {
    "NUL": '"a\\u0000b"',
    "a lone surrogate": '"a\\ud800"',
    "an override": '"a\\u202egnp.exe"',
    "an open isolate": '"\\u2067abc"',
    "a pile of marks": orjson.dumps("a" + "\u0301" * 5_000).decode(),
}


@pytest.mark.parametrize("what", UNFIT)
@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "/api/v1/statuses", "status"),
        ("POST", "/api/v1/statuses", "spoiler_text"),
        ("PATCH", "/api/v1/accounts/update_credentials", "display_name"),
        ("PATCH", "/api/v1/accounts/update_credentials", "note"),
        ("POST", "/api/v1/lists", "title"),
        ("POST", "/api/v1/apps", "client_name"),
        ("POST", "/oauth/token", "client_id"),
    ],
)
async def test_text_that_is_unfit_is_refused_everywhere(
    world: World, what: str, method: str, path: str, field: str
) -> None:
    anna = await world.person("anna")
    body = f'{{"{field}": {UNFIT[what]}, "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}}'
    refused = await anna.request(method, path, content=body.encode(), headers=JSON)
    assert refused.status_code in (400, 422), refused.text
    assert refused.json()["code"] in ("bad_request", "validation_failed")


@pytest.mark.parametrize("name", ["\u2067שלום\u2069", "a\nb", "\u202aa\u202c"])
async def test_names_and_titles_are_one_plain_line(world: World, name: str) -> None:
    anna = await world.person("anna")
    for method, path, field in (
        ("PATCH", "/api/v1/accounts/update_credentials", "display_name"),
        ("POST", "/api/v1/lists", "title"),
        ("POST", "/api/v1/apps", "client_name"),
        ("POST", "/api/weizhi/v1/organizations", "name"),
    ):
        body = {field: name, "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        refused = await anna.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed"), path
        assert field in refused.json()["details"]


async def test_a_post_may_hold_what_is_closed(world: World) -> None:
    anna = await world.person("anna")
    assert (await anna.says("他说 \u2067שלום\u2069"))["id"]


@pytest.mark.parametrize("part", ["%00", "%FF", "%C3%28", "%ED%A0%80", "%F4%90%80%80", "\xff"])
@pytest.mark.parametrize("path", ["/api/v1/accounts/lookup?acct={}", "/api/v1/accounts/{}", "/x/{}?a", "/{}"])
async def test_addresses_that_are_no_text_are_refused(client: httpx2.AsyncClient, part: str, path: str) -> None:
    refused = await client.get(path.format(part) if part != "\xff" else path.format("%FE%FF"))
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


async def test_addresses_without_end_are_refused(client: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/timelines/public?x=" + "a" * 20_000, "/" + "a" * 20_000):
        refused = await client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        {"status": "x", "media_ids": ["1"] * 10_000},
        {"status": "x", "media_ids": [10**30]},
        {"status": "x", "poll": {"options": ["a"] * 100_000, "expires_in": 60}},
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 10**18}},
        {"status": "x", "in_reply_to_id": 2**63},
        {"status": "x", "in_reply_to_id": -1},
        {"status": "x", "in_reply_to_id": 1.5},
        {"status": ["x"]},
        {"status": {"a": 1}},
        {"status": "x" * 500_000},
        {"status": "x", "language": "x" * 1000},
        {"status": "x", "sensitive": 7},
    ],
    ids=lambda body: repr(body)[:50],
)
async def test_values_out_of_all_bounds_are_refused(world: World, body: dict[str, Any]) -> None:
    anna = await world.person("anna")
    refused = await anna.request("POST", "/api/v1/statuses", json=body)
    assert refused.status_code in (404, 422), refused.text


@pytest.mark.parametrize("number", ["1" * 400, "1e400", "-1e400", "NaN", "Infinity", "1" * 5000])
async def test_numbers_out_of_all_bounds_are_refused(world: World, number: str) -> None:
    anna = await world.person("anna")
    for field in ("in_reply_to_id", "quoted_status_id", "sensitive"):
        body = f'{{"status": "x", "{field}": {number}}}'.encode()
        refused = await anna.request("POST", "/api/v1/statuses", content=body, headers=JSON)
        assert refused.status_code in (400, 422), refused.text


@pytest.mark.parametrize(
    "query",
    ["limit=1&limit=x", "limit[]=1&limit[a]=2", "max_id=1&max_id=2", "limit=" + "9" * 4000, "local[]=1&local=x"],
)
async def test_repeated_or_odd_parameters_never_break(client: httpx2.AsyncClient, query: str) -> None:
    assert (await client.get(f"/api/v1/timelines/public?{query}")).status_code in (200, 422)


@pytest.mark.parametrize("value", ["on", "off", "1", "0", "true", "false", "True"])
async def test_booleans_are_taken_as_forms_write_them(client: httpx2.AsyncClient, value: str) -> None:
    assert (await client.get(f"/api/v1/timelines/public?local={value}")).status_code == 200


@pytest.mark.parametrize("name", ["id", "id[]", "id%5B%5D"])
async def test_lists_are_taken_with_and_without_brackets(world: World, name: str) -> None:
    anna, bo = await world.people("anna", "bo")
    url = f"/api/v1/accounts/relationships?{name}={anna.id}&{name}={bo.id}"
    found = await anna.request("GET", url, expect=200)
    assert [one["id"] for one in found.json()] == [anna.id, bo.id]


@pytest.mark.parametrize("form", ["{}", "{}[]", "{}%5B%5D", "{}%5b%5d"])
async def test_lists_are_taken_in_every_spelling_by_every_operation(world: World, form: str) -> None:
    anna, bo = await world.people("anna", "bo")
    await anna.follows(bo)
    post = await bo.says("#甲# #乙#")
    await anna.publishes_job()
    await anna.post("/api/v1/markers", {"home": {"last_read_id": post["id"]}})
    found = await anna.post("/api/v1/lists", {"title": "分组"})
    await anna.post(f"/api/v1/lists/{found['id']}/accounts", {"account_ids": [bo.id]})
    await world.settle()

    async def read(path: str, name: str, *values: str, **options: Any) -> Any:
        query = "&".join(f"{form.format(name)}={value}" for value in values)
        method = options.get("method", "GET")
        return (await anna.request(method, f"{path}?{query}", expect=200)).json()

    assert [one["id"] for one in await read("/api/v1/accounts", "id", anna.id, bo.id)] == [anna.id, bo.id]
    assert [one["id"] for one in await read("/api/v1/statuses", "id", post["id"])] == [post["id"]]
    assert [one["id"] for one in await read("/api/v1/accounts/familiar_followers", "id", bo.id)] == [bo.id]
    assert list(await read("/api/v1/markers", "timeline", "home", "notifications")) == ["home"]
    assert [one["id"] for one in await read("/api/v1/timelines/tag/甲", "none", "丙")] == [post["id"]]
    assert await read("/api/v1/timelines/tag/甲", "none", "丙", "乙") == []
    assert (await read("/api/weizhi/v1/jobs", "skills", "python", "postgresql"))["total"] == 1
    assert (await read("/api/weizhi/v1/jobs", "skills", "python", "cobol"))["total"] == 0
    assert await read("/api/v1/notifications", "types", "follow", "poll") == []
    await read(f"/api/v1/lists/{found['id']}/accounts", "account_ids", "1", bo.id, method="DELETE")
    assert await anna.get(f"/api/v1/lists/{found['id']}/accounts") == []


@pytest.mark.parametrize(
    "headers",
    [
        {b"Cookie": b"weizhi_login=\xff\xfe"},
        {b"Cookie": b"weizhi_login=" + b"a" * 10_000},
        {b"Cookie": b";;;=;="},
        {b"Accept-Language": b"\xff;q=1"},
        {b"Idempotency-Key": b"\xff" * 100},
        {b"X-Request-Id": b"\xff" * 20},
        {b"Authorization": b"Bearer \xff\xff"},
        {b"Authorization": b"Basic \xff\xff"},
        {b"Content-Type": b"\xff/\xff"},
        {b"Content-Length": b"\xff"},
    ],
    ids=str,
)
async def test_headers_that_are_no_text_never_break(client: httpx2.AsyncClient, headers: dict[bytes, bytes]) -> None:
    for method, path in (
        ("GET", "/oauth/authorize?client_id=x"),
        ("GET", "/api/v1/timelines/public"),
        ("POST", "/api/v1/statuses"),
        ("POST", "/oauth/token"),
    ):
        assert (await client.request(method, path, headers=headers)).status_code < 500, path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/v1/nothing", 404),
        ("POST", "/api/v7/statuses", 404),
        ("DELETE", "/api/weizhi/v1", 404),
        ("PUT", "/api/v1/timelines/public", 405),
        ("BREW", "/api/v1/timelines/public", 405),
        ("PATCH", "/oauth/token", 405),
    ],
)
async def test_what_is_not_there_is_told_in_json(
    client: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    refused = await client.request(method, path)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/json")
    assert refused.json()["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
