"""Every operation says who may call it, and means it."""

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute

from app.bootstrap import Resources
from app.kit.clock import now
from app.main import ROUTERS, create_app
from app.oauth import scopes
from app.oauth.service import issue_token
from app.streaming.channels import SCOPES as STREAMS
from tests.people import World

pytestmark = pytest.mark.anyio

STREAM_PATHS = {f"GET /api/v1/streaming/{name.replace(':', '/')}": name for name in STREAMS}
# What declares no scope, each with its reason. Reads that show a signed-in reader more are not here: they declare one.
PUBLIC = {
    "GET /livez": "health",
    "GET /readyz": "health",
    "GET /health": "health",
    "GET /metrics": "numbers, kept inside by the proxy",
    "POST /api/v1/apps": "an app has no token before it registers",
    "GET /api/v1/apps/verify_credentials": "any token will do",
    "POST /oauth/token": "authenticates the app itself",
    "POST /oauth/revoke": "authenticates the app itself",
    "GET /oauth/authorize": "the login page: a browser's cookie",
    "GET /oauth/authorized_applications": "a page behind the login page: a browser's cookie",
    "POST /oauth/authorize": "the login page",
    "POST /oauth/login": "the login page",
    "POST /oauth/logout": "the login page",
    "POST /oauth/authorized_applications/login": "the page of allowed apps",
    "POST /oauth/authorized_applications/logout": "the page of allowed apps",
    "POST /oauth/authorized_applications/revoke": "the page of allowed apps: a browser's cookie",
    "GET /oauth/authorize/native": "shows what is in its address",
    "GET /.well-known/oauth-authorization-server": "discovery",
    "GET /.well-known/nodeinfo": "discovery",
    "GET /.well-known/webfinger": "discovery",
    "GET /nodeinfo/2.0": "discovery",
    "GET /api/v1/instance": "what the service says of itself",
    "GET /api/v2/instance": "what the service says of itself",
    "GET /api/v1/instance/activity": "what the service says of itself",
    "GET /api/v1/instance/extended_description": "what the service says of itself",
    "GET /api/v1/instance/languages": "what the service says of itself",
    "GET /api/v1/instance/privacy_policy": "what the service says of itself",
    "GET /api/v1/instance/rules": "what the service says of itself",
    "GET /api/v1/instance/terms_of_service": "what the service says of itself",
    "GET /api/v1/instance/terms_of_service/{date}": "what the service says of itself",
    "GET /api/v1/accounts/{id}/featured_tags": "profiles are public",
    "GET /api/v1/accounts/lookup": "profiles are public",
    "GET /api/v1/accounts/{id}": "profiles are public",
    "GET /api/weizhi/v1/organizations/{id}": "employers are public",
    "GET /api/weizhi/v1/applications/consent": "words that anyone may be shown",
    "GET /api/weizhi/v1/search/suggest": "what open jobs are called is public",
    "POST /api/weizhi/v1/inbound/{kind}/{id}": "signed by the sender instead",
    "GET /api/oembed": "what a public page shows",
    "GET /api/v1/accounts": "profiles are public",
    "GET /api/v1/accounts/{id}/collections": "empty for everyone",
    "GET /api/v1/accounts/{id}/identity_proofs": "any token will do",
    "GET /api/v1/announcements": "any token will do",
    "GET /api/v1/collections/{id}": "empty for everyone",
    "GET /api/v1/custom_emojis": "empty for everyone",
    "GET /api/v1/donation_campaigns": "empty for everyone",
    "GET /api/v1/instance/domain_blocks": "empty for everyone",
    "GET /api/v1/instance/peers": "empty for everyone",
    "GET /api/v1/instance/translation_languages": "empty for everyone",
    "GET /api/v1/peers/search": "empty for everyone",
    "GET /api/v1/trends/links": "empty for everyone",
    "GET /api/v1/streaming": "each stream has its scope: tests/streaming",
    "GET /api/v1/streaming/health": "health",
    **dict.fromkeys(STREAM_PATHS, "each stream has its scope: tests/streaming"),
    "GET /api/weizhi/v1/search/timeline": "the scope depends on what is searched: tests/search",
    "GET /api/v2/search": "anyone may search; a token must allow read:search, which it checks itself: tests/search",
    "GET /.well-known/host-meta": "discovery",
    "GET /about": "a page",
    "GET /privacy-policy": "a page",
    "GET /terms-of-service": "a page",
    "GET /robots.txt": "a page",
    "GET /manifest.json": "a page",
    "GET /favicon.ico": "a picture",
    "GET /icons/{size}.png": "a picture",
    "GET /thumbnail.png": "a picture",
    "POST /api/v1/emails/confirmations": "any token will do",
    "GET /confirm/{token}": "a page whose address is its key",
    "GET /dev/mail": "a development server's outbox",
    "GET /dev/mail/{name}": "a development server's outbox",
    "GET /": "a page",
    "GET /jobs/{id}": "a page",
    "GET /jobs.{format}": "a feed",
    "GET /organizations/{id}/jobs.{format}": "a feed",
    "GET /sitemap.xml": "a page",
    "GET /sitemaps/{name}.xml": "a page",
    "GET /api/weizhi/v1/organizations/{id}/credit_policy": "employers are public",
    "GET /api/weizhi/v1/webhooks/event_types": "the same for everyone, as in the API's description",
    "GET /@{username}": "a page",
    "GET /@{username}/{id}": "a page",
    "GET /tags/{tag}": "a page",
    "GET /avatars/{name}.svg": "a picture",
    "GET /media/{key}": "a file whose address is its key",
}


def operations() -> dict[str, tuple[APIRoute, tuple[str, ...] | None]]:
    """Every operation with the scopes it declares, one of which a token needs; None where it declares none."""
    found = {}
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIWebSocketRoute):
                continue  # Its token may come three ways: tests/streaming.
            assert isinstance(route, APIRoute), route
            declared = [one for one in declarations(route.dependant) if one]
            assert len(set(declared)) <= 1, route.path
            for method in route.methods or ():
                found[f"{method} {route.path}"] = (route, declared[0] if declared else None)
    return found


def declarations(dependant: Dependant) -> Iterator[tuple[str, ...]]:
    for inner in dependant.dependencies:
        if (declared := getattr(inner.call, "scopes", None)) is not None:
            yield declared
        yield from declarations(inner)


OPERATIONS = operations()
SCOPED = sorted(name for name, (_, declared) in OPERATIONS.items() if declared)
# No operation is allowed by all of these.
NARROW = ("write:conversations", "read:collections")


def test_each_declares_a_scope_or_is_public_for_a_reason() -> None:
    silent = {name for name, (_, declared) in OPERATIONS.items() if declared is None}
    assert silent - PUBLIC.keys() == set(), "say requires(...), viewer_with(...), or why it is public"
    assert PUBLIC.keys() - silent == set(), "these declare a scope, or are not there"
    assert len(SCOPED) >= 20


def test_each_asks_for_scopes_that_can_be_granted() -> None:
    for name, (_, declared) in OPERATIONS.items():
        assert set(declared or ()) <= set(scopes.GRANTABLE), name


def security() -> dict[str, list[dict[str, list[str]]]]:
    """What `openapi.yaml` says of each operation: the alternatives, of which `{}` is to have no token."""
    return {
        f"{method.upper()} {path}": operation["security"]
        for path, methods in create_app().openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_the_description_says_the_scopes_of_each() -> None:
    told = security()
    wrong = {}
    for name in told.keys() & OPERATIONS.keys():
        declared = OPERATIONS[name][1]
        if declared:
            right = [one["OAuth"] for one in told[name] if one] == [[scope] for scope in declared]
        elif PUBLIC[name] == "any token will do":
            right = told[name] == [{"OAuth": []}]
        elif (stream := STREAM_PATHS.get(name)) and STREAMS[stream]:
            right = told[name] == [{"OAuth": [STREAMS[stream]]}]
        else:
            right = told[name] == [] or {} in told[name]
        if not right:
            wrong[name] = told[name]
    assert wrong == {}
    assert told.keys() <= OPERATIONS.keys()


def test_the_description_explains_every_scope_that_it_names() -> None:
    flows = create_app().openapi()["components"]["securitySchemes"]["OAuth"]["flows"]
    named = {scope for alternatives in security().values() for one in alternatives for scope in one.get("OAuth", ())}
    for flow in flows.values():
        assert named <= flow["scopes"].keys() == set(scopes.GRANTABLE)
        assert all(flow["scopes"].values())


@pytest.fixture
async def narrow(world: World, resources: Resources) -> dict[str, str]:
    """Tokens of anna's that allow next to nothing."""
    anna = await world.person("anna")
    async with resources.db.transaction() as session:
        app_id = int(world.app["id"])
        tokens = {
            scope: await issue_token(session, app_id=app_id, account_id=int(anna.id), scopes=[scope], now=now())
            for scope in NARROW
        }
    return {scope: token.access_token for scope, token in tokens.items()}


async def call(client: httpx2.AsyncClient, name: str, token: str | None) -> Any:
    method, _, path = name.partition(" ")
    url = re.sub(r"\{\w+\}", "1", path.replace("{kind}", "standard"))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return await client.request(method, url, headers=headers)


async def test_each_refuses_a_token_without_its_scope(world: World, narrow: dict[str, str]) -> None:
    wrong = []
    for name in SCOPED:
        declared = OPERATIONS[name][1] or ()
        scope = next(scope for scope in NARROW if not any(scopes.allows([scope], needed) for needed in declared))
        answer = await call(world.client, name, narrow[scope])
        if (answer.status_code, answer.json().get("code")) != (403, "insufficient_scope"):
            wrong.append(f"{name}: {answer.status_code} {answer.text[:80]}")
    assert wrong == []


async def test_each_refuses_a_token_that_is_none(client: httpx2.AsyncClient) -> None:
    wrong = []
    for name in SCOPED:
        answer = await call(client, name, "wrong")
        if (answer.status_code, answer.json().get("code")) != (401, "invalid_token"):
            wrong.append(f"{name}: {answer.status_code} {answer.text[:80]}")
    assert wrong == []


async def test_those_that_are_public_ask_for_no_token(client: httpx2.AsyncClient) -> None:
    for name, why in PUBLIC.items():
        if why in ("any token will do", "the login page") or name.startswith("GET /api/v1/streaming"):
            continue
        assert (await call(client, name, None)).status_code != 401, name


async def test_each_asks_a_stranger_for_a_token_where_its_description_does(client: httpx2.AsyncClient) -> None:
    wrong = []
    for name, alternatives in security().items():
        if "/streaming" in name:
            continue  # Those that are open do not end.
        status = (await call(client, name, None)).status_code
        if (status == 401) != bool(alternatives and {} not in alternatives):
            wrong.append(f"{name}: {status}, described as {alternatives}")
    assert wrong == []
