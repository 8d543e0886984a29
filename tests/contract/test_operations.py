"""Every operation of Mastodon's client API answers: as documented, or with an error in Mastodon's form.

Walks all operations of the schema file (see test_entities), anonymous, with an app's token and with a person's, with
ids that exist and ids that do not, with no body and with one made from the schema.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx2
import pytest

from app.main import create_app
from tests.contract.test_entities import SCHEMA, needs_schema
from tests.people import World

pytestmark = [pytest.mark.anyio, needs_schema]

# Not described by that address, by the first words of the path, each with its reason.
PENDING: dict[str, str] = {}
# Read by people in a browser, errors and all: tests/oauth walks it.
_PAGES = frozenset({"/oauth/authorize"})
_METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def plain(path: str) -> str:
    """A path without the names of what varies in it."""
    return re.sub(r"\{\w+\}", "{}", path)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, operation) of everything in the schema."""
    if SCHEMA.exists():
        for path, item in document()["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield method.upper(), path, item[method]


def pending(path: str) -> bool:
    return any(plain(path) == prefix or plain(path).startswith(f"{prefix}/") for prefix in PENDING)


@cache
def ours() -> set[tuple[str, str]]:
    """(method, plain path) of everything in our own description."""
    paths = create_app().openapi()["paths"]
    return {(method.upper(), plain(path)) for path, item in paths.items() for method in item}


def test_the_file_holds_what_it_should() -> None:
    assert len(list(operations())) == 210


def test_every_operation_is_in_our_description_or_pending() -> None:
    described = ours()

    missing = [
        f"{method} {path}"
        for method, path, _ in operations()
        if (method, plain(path)) not in described and not pending(path)
    ]

    assert missing == []


def test_nothing_is_pending_that_is_built() -> None:
    described = ours()
    waiting = dict.fromkeys(PENDING, False)
    for method, path, _ in operations():
        for prefix in PENDING:
            if plain(path) == prefix or plain(path).startswith(f"{prefix}/"):
                waiting[prefix] |= (method, plain(path)) not in described

    assert [prefix for prefix, still in waiting.items() if not still] == [], "take these out of PENDING"


def sample(schema: dict[str, Any], ids: dict[str, str], name: str = "") -> Any:
    """A plausible value for a schema."""
    if "$ref" in schema:
        return sample(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]], ids, name)
    for variant in ("oneOf", "anyOf", "allOf"):
        if variant in schema:
            return sample(schema[variant][0], ids, name)
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return {key: sample(inner, ids, key) for key, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {}), ids, name)]
    if kind in ("integer", "number"):
        return 300
    if kind == "boolean":
        return True
    return ids.get(name) or ids["id"] if name.endswith(("id", "ids")) else _WORDS.get(name, "x")


_WORDS = {
    "email": "someone@example.com",
    "password": "correct horse",
    "url": "https://a.example/",
    "domain": "a.example",
    "scheduled_at": "2099-01-01T00:00:00Z",
    "language": "zh",
    "status": "你好",
    "visibility": "public",
}


def address(path: str, ids: dict[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "id" and "/accounts/" in path:
            return ids["account_id"]
        return ids.get(name, ids["id"] if name.endswith("id") else "x")

    return re.sub(r"\{(\w+)\}", fill, path)


def check(response: httpx2.Response) -> str | None:
    """What is wrong with an answer, its schema apart: the watch over every test holds that. None: nothing."""
    status = response.status_code
    if status >= 500:
        return f"{status} {response.text[:200]}"
    if status >= 400:
        try:
            body = response.json()
        except ValueError:
            return f"{status} is not JSON: {response.text[:80]}"
        if not isinstance(body.get("error"), str) or not isinstance(body.get("code"), str):
            return f"{status} is not in Mastodon's form: {body}"
        return "405: there is no such operation" if status == 405 else None
    return None


def bodies(operation: dict[str, Any], ids: dict[str, str]) -> list[dict[str, Any] | None]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return [None, sample(content["schema"], ids)] if "schema" in content else [None]


async def walk(world: World, headers: dict[str, str], ids: dict[str, str]) -> list[str]:
    """Call everything; the answers that are wrong."""
    described, wrong = ours(), []
    for method, path, operation in operations():
        if (method, plain(path)) not in described or path in _ENDLESS | _PAGES:
            continue
        query = {
            parameter["name"] + ("[]" if parameter["schema"].get("type") == "array" else ""): sample(
                parameter["schema"], ids, parameter["name"]
            )
            for parameter in operation.get("parameters", [])
            if parameter["in"] == "query" and parameter.get("required")
        }
        for body in bodies(operation, ids):
            response = await world.client.request(method, address(path, ids), params=query, json=body, headers=headers)
            if fault := check(response):
                wrong.append(f"{method} {path} {body}: {fault}")
    return wrong


# Streams do not end; tests/streaming reads them.
_ENDLESS = frozenset(path for _, path, _ in operations() if "/streaming/" in path and not path.endswith("/health"))


class TestEveryOperation:
    async def test_answers_strangers(self, world: World) -> None:
        anna, *_ = await world.people("anna")
        post = await anna.says("你好")

        assert await walk(world, {}, {"id": post["id"], "account_id": anna.id}) == []

    async def test_answers_a_person_about_what_exists(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        post = await bo.says("你好 #话题#")
        await world.settle()
        ids = {"id": post["id"], "account_id": bo.id, "status_ids": post["id"], "quoting_status_id": post["id"]}

        assert await walk(world, {"Authorization": f"Bearer {anna.token}"}, ids) == []

    @pytest.mark.parametrize("id", ["1", "99999999999999999999", "你好"])
    async def test_answers_a_person_about_what_does_not(self, world: World, id: str) -> None:
        (anna,) = await world.people("anna")

        assert await walk(world, {"Authorization": f"Bearer {anna.token}"}, {"id": id, "account_id": id}) == []

    async def test_answers_an_app(self, world: World) -> None:
        anna, *_ = await world.people("anna")
        headers = {"Authorization": f"Bearer {world.app_token}"}

        assert await walk(world, headers, {"id": anna.id, "account_id": anna.id}) == []


async def test_addresses_nobody_knows_answer_in_mastodons_form(client: httpx2.AsyncClient) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        for path in ("/api/v1/nothing", "/api/v9/x/y", "/nothing", "/api/v1/statuses/1/nothing"):
            response = await client.request(method, path)
            assert (response.status_code, response.json()["code"]) == (404, "not_found"), (method, path)
