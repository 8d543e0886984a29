"""The token endpoint: codes with PKCE, their single use, renewal, revocation."""

import asyncio
import base64
import hashlib
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.changes import ALL
from app.kit.clock import now
from app.kit.db import touch
from app.kit.secrets import fingerprint
from tests.oauth.apps import OUT_OF_BAND, REDIRECT, consented, exchange, register, who
from tests.oauth.browser import Browser
from tests.people import World

pytestmark = pytest.mark.anyio

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
PKCE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """Status and RFC 6749's error of a refusal in both forms."""
    body = answer.json()
    assert body["code"] == body["error"]
    assert body["error_description"]
    assert answer.headers["cache-control"] == "no-store"
    assert "access_token" not in body
    return answer.status_code, body["error"]


async def renew(client: httpx2.AsyncClient, app: dict[str, Any], token: str, **fields: Any) -> httpx2.Response:
    return await exchange(client, app, None, **{"grant_type": "refresh_token", "refresh_token": token, **fields})


async def revoke(client: httpx2.AsyncClient, app: dict[str, Any], token: str) -> None:
    body = {"token": token, "client_id": app["client_id"], "client_secret": app["client_secret"]}
    assert (await client.post("/oauth/revoke", data=body)).status_code == 200


async def execute(resources: Resources, statement: str, **values: Any) -> None:
    async with resources.db.transaction() as session:
        touch(session, ALL)
        await session.execute(text(statement), values)


def test_the_challenge_is_the_one_of_rfc_7636() -> None:
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == PKCE["code_challenge"]


class TestCode:
    async def test_with_pkce_needs_the_verifier(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        code = await consented(browser, app, **PKCE)
        for wrong in (None, "", "x" * 43, PKCE["code_challenge"], VERIFIER.lower()):
            refused = await exchange(world.client, app, code, code_verifier=wrong)
            assert refusal(refused) == (400, "invalid_grant"), wrong
        assert (await exchange(world.client, app, code, code_verifier=VERIFIER)).status_code == 200

    async def test_with_pkce_needs_no_secret(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        code = await consented(browser, app, **PKCE)
        answer = await exchange(world.client, app, code, code_verifier=VERIFIER, client_secret=None)
        assert answer.status_code == 200, answer.text
        assert (await who(world.client, answer.json()["access_token"])).status_code == 200

    async def test_without_pkce_needs_the_secret(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        code = await consented(browser, app)
        refused = await exchange(world.client, app, code, client_secret=None)
        assert refusal(refused) == (401, "invalid_client")
        assert refused.headers["www-authenticate"]

    async def test_without_pkce_takes_no_verifier(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        # Somebody took the challenge out of the request (RFC 9700 §4.8.2).
        code = await consented(browser, app)
        refused = await exchange(world.client, app, code, code_verifier=VERIFIER)
        assert refusal(refused) == (400, "invalid_grant")

    @pytest.mark.parametrize(
        ("wrong", "expected"),
        [
            ({"client_secret": "guess"}, (401, "invalid_client")),
            ({"client_secret": ""}, (401, "invalid_client")),
            ({"client_id": "nobody"}, (401, "invalid_client")),
            ({"client_id": None, "client_secret": None}, (401, "invalid_client")),
            ({"redirect_uri": "ivory://callback?x=1"}, (400, "invalid_grant")),
            ({"redirect_uri": f"{REDIRECT}/"}, (400, "invalid_grant")),
            ({"redirect_uri": None}, (400, "invalid_grant")),
            ({"code": "guess"}, (400, "invalid_grant")),
            ({"code": None}, (400, "invalid_request")),
        ],
        ids=str,
    )
    async def test_is_good_only_for_who_asked_and_how(
        self, world: World, app: dict[str, Any], browser: Browser, wrong: dict[str, Any], expected: tuple[int, str]
    ) -> None:
        code = await consented(browser, app)
        assert refusal(await exchange(world.client, app, **{"code": code, **wrong})) == expected
        assert (await exchange(world.client, app, code)).status_code == 200

    async def test_is_no_good_for_another_app(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        code = await consented(browser, app)
        assert refusal(await exchange(world.client, await register(world.client), code)) == (400, "invalid_grant")

    async def test_used_twice_revokes_what_came_of_it(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, app)
        token = (await exchange(world.client, app, code)).json()["access_token"]
        assert (await who(world.client, token)).status_code == 200
        assert refusal(await exchange(world.client, app, code)) == (400, "invalid_grant")
        assert (await who(world.client, token)).status_code == 401

    async def test_is_not_spoilt_by_who_cannot_prove_to_be_the_app(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, app, **PKCE)
        token = (await exchange(world.client, app, code, code_verifier=VERIFIER)).json()["access_token"]
        await exchange(world.client, app, code, code_verifier="x" * 43, client_secret=None)
        assert (await who(world.client, token)).status_code == 200

    async def test_gives_one_token_however_many_ask_at_once(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, app)
        answers = await asyncio.gather(*(exchange(world.client, app, code) for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7

    @pytest.mark.parametrize(("redirect_uri", "seconds"), [(REDIRECT, 60), (OUT_OF_BAND, 600)])
    async def test_is_over_soon(
        self,
        world: World,
        resources: Resources,
        app: dict[str, Any],
        browser: Browser,
        redirect_uri: str,
        seconds: int,
    ) -> None:
        await consented(browser, app)
        await browser.authorize(app, redirect_uri=redirect_uri)
        await browser.submit("/oauth/authorize", press="allow")
        code = browser.back["code"] if browser.away else browser.page.url.params["code"]
        earlier = "UPDATE authorizations SET expires_at = expires_at - CAST(:earlier AS interval)"
        await execute(resources, earlier, earlier=timedelta(seconds=seconds))
        refused = await exchange(world.client, app, code, redirect_uri=redirect_uri)
        assert refusal(refused) == (400, "invalid_grant")

    async def test_is_kept_as_its_fingerprint(
        self, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, app)
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT code FROM authorizations")) == fingerprint(code)


class TestRefreshToken:
    @pytest.fixture
    async def patient(self, world: World, app: dict[str, Any]) -> dict[str, Any]:
        """An app that wants to stay signed in."""
        return await register(world.client, scopes="read write offline_access")

    @pytest.fixture
    async def given(self, world: World, patient: dict[str, Any], browser: Browser) -> dict[str, Any]:
        """Its first tokens."""
        answer: dict[str, Any] = (await exchange(world.client, patient, await consented(browser, patient))).json()
        return answer

    async def test_is_given_only_to_who_asks_for_it(
        self, world: World, patient: dict[str, Any], given: dict[str, Any], browser: Browser
    ) -> None:
        assert given["expires_in"] == 7200
        assert given["scope"] == "read write offline_access"
        other = (await exchange(world.client, patient, await consented(browser, patient, scope="read"))).json()
        assert "refresh_token" not in other
        assert "expires_in" not in other

    async def test_renews_an_access_token_that_ended(
        self, world: World, resources: Resources, patient: dict[str, Any], given: dict[str, Any]
    ) -> None:
        assert (await who(world.client, given["access_token"])).status_code == 200
        await execute(resources, "UPDATE tokens SET expires_at = :now WHERE expires_at IS NOT NULL", now=now())
        assert (await who(world.client, given["access_token"])).status_code == 401
        renewed = (await renew(world.client, patient, given["refresh_token"])).json()
        assert (await who(world.client, renewed["access_token"])).status_code == 200
        assert renewed["refresh_token"] != given["refresh_token"]

    async def test_used_twice_revokes_the_whole_family(
        self, world: World, patient: dict[str, Any], given: dict[str, Any]
    ) -> None:
        second = (await renew(world.client, patient, given["refresh_token"])).json()
        third = (await renew(world.client, patient, second["refresh_token"])).json()
        assert refusal(await renew(world.client, patient, given["refresh_token"])) == (400, "invalid_grant")
        for tokens in (given, second, third):
            assert (await who(world.client, tokens["access_token"])).status_code == 401
        assert refusal(await renew(world.client, patient, third["refresh_token"])) == (400, "invalid_grant")

    async def test_may_narrow_but_not_widen(self, world: World, patient: dict[str, Any], given: dict[str, Any]) -> None:
        for scope, expected in (("read push", (400, "invalid_scope")), ("fly", (400, "invalid_scope"))):
            refused = await renew(world.client, patient, given["refresh_token"], scope=scope)
            assert refusal(refused) == expected
        narrowed = await renew(world.client, patient, given["refresh_token"], scope="read:accounts")
        assert narrowed.json()["scope"] == "read:accounts"

    async def test_is_good_only_for_its_app_with_its_secret(
        self, world: World, app: dict[str, Any], patient: dict[str, Any], given: dict[str, Any]
    ) -> None:
        token = given["refresh_token"]
        assert refusal(await renew(world.client, app, token)) == (400, "invalid_grant")
        assert refusal(await renew(world.client, patient, token, client_secret=None)) == (401, "invalid_client")
        assert refusal(await renew(world.client, patient, token, client_secret="guess")) == (401, "invalid_client")
        assert refusal(await renew(world.client, patient, "guess")) == (400, "invalid_grant")
        assert refusal(await renew(world.client, patient, "")) == (400, "invalid_request")
        assert (await renew(world.client, patient, token)).status_code == 200

    async def test_of_an_app_without_a_secret_needs_none(
        self, world: World, patient: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, patient, **PKCE)
        given = (await exchange(world.client, patient, code, code_verifier=VERIFIER, client_secret=None)).json()
        renewed = await renew(world.client, patient, given["refresh_token"], client_secret=None)
        assert renewed.status_code == 200, renewed.text
        assert (await renew(world.client, patient, renewed.json()["refresh_token"], client_secret=None)).is_success

    async def test_ends_after_ninety_days_and_with_its_account(
        self, world: World, resources: Resources, patient: dict[str, Any], given: dict[str, Any]
    ) -> None:
        await execute(resources, "UPDATE accounts SET suspended_at = now()")
        assert refusal(await renew(world.client, patient, given["refresh_token"])) == (400, "invalid_grant")
        await execute(resources, "UPDATE accounts SET suspended_at = NULL")
        await execute(resources, "UPDATE refresh_tokens SET expires_at = expires_at - interval '90 days'")
        assert refusal(await renew(world.client, patient, given["refresh_token"])) == (400, "invalid_grant")

    @pytest.mark.parametrize("which", ["access_token", "refresh_token"])
    async def test_is_revoked_together_with_its_access_token(
        self, world: World, patient: dict[str, Any], given: dict[str, Any], which: str
    ) -> None:
        await revoke(world.client, patient, given[which])
        await revoke(world.client, patient, given[which])
        assert (await who(world.client, given["access_token"])).status_code == 401
        assert refusal(await renew(world.client, patient, given["refresh_token"])) == (400, "invalid_grant")

    async def test_of_another_app_is_not_revoked(
        self, world: World, app: dict[str, Any], patient: dict[str, Any], given: dict[str, Any]
    ) -> None:
        for which in ("access_token", "refresh_token"):
            body = {"token": given[which], "client_id": app["client_id"], "client_secret": app["client_secret"]}
            refused = await world.client.post("/oauth/revoke", data=body)
            assert refusal(refused) == (403, "unauthorized_client")
        assert (await renew(world.client, patient, given["refresh_token"])).status_code == 200


class TestErrors:
    @pytest.mark.parametrize(
        ("body", "error", "code"),
        [
            ({}, "invalid_request", "validation_failed"),
            ({"grant_type": ["password"]}, "invalid_request", "validation_failed"),
            ({"grant_type": "x" * 100}, "invalid_request", "validation_failed"),
            ({"grant_type": "client_credentials", "client_id": "a\u0000"}, "invalid_request", "validation_failed"),
        ],
        ids=str,
    )
    async def test_have_both_forms_also_when_nothing_can_be_read(
        self, client: httpx2.AsyncClient, body: dict[str, Any], error: str, code: str
    ) -> None:
        refused = await client.post("/oauth/token", json=body)
        assert (refused.status_code, refused.json()["error"], refused.json()["code"]) == (400, error, code)
        assert refused.json()["error_description"]

    async def test_of_bodies_too(self, client: httpx2.AsyncClient) -> None:
        refused = await client.post("/oauth/token", content=b"{", headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
        refused = await client.post("/oauth/token", content=b"x", headers={"Content-Type": "text/plain"})
        assert (refused.status_code, refused.json()["error"]) == (415, "invalid_request")


class TestMetadata:
    async def test_names_what_there_is(self, client: httpx2.AsyncClient) -> None:
        told = (await client.get("/.well-known/oauth-authorization-server")).json()
        assert told["issuer"] == "http://weizhi.test"
        assert told["code_challenge_methods_supported"] == ["S256"]
        assert told["response_types_supported"] == ["code"]
        assert told["grant_types_supported"] == ["authorization_code", "refresh_token", "client_credentials"]
        for name in ("authorization", "token", "app_registration", "revocation", "userinfo"):
            path = told[f"{name}_endpoint"].removeprefix("http://weizhi.test")
            answers = [await client.get(path), await client.post(path)]
            assert [answer for answer in answers if answer.status_code not in (404, 405)], path


class TestUserInfo:
    async def test_is_for_the_profile_scope_alone(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        other = await register(world.client, scopes="read profile")
        tokens = {}
        for scope in ("profile", "read"):
            tokens[scope] = (await exchange(world.client, other, await consented(browser, other, scope=scope))).json()[
                "access_token"
            ]
        url = "/oauth/userinfo"
        shown = await world.client.get(url, headers={"Authorization": f"Bearer {tokens['profile']}"})
        assert shown.json()["preferred_username"] == "anna"
        assert shown.json()["iss"] == "http://weizhi.test"
        refused = await world.client.get(url, headers={"Authorization": f"Bearer {tokens['read']}"})
        assert refusal(refused) == (403, "insufficient_scope")
        assert (await who(world.client, tokens["profile"])).status_code == 200
        home = await world.client.get(
            "/api/v1/timelines/home", headers={"Authorization": f"Bearer {tokens['profile']}"}
        )
        assert home.json()["code"] == "insufficient_scope"


class TestAppsOwnToken:
    async def test_needs_the_secret(self, world: World, app: dict[str, Any]) -> None:
        body = {"grant_type": "client_credentials", "client_id": app["client_id"]}
        assert refusal(await world.client.post("/oauth/token", data=body)) == (401, "invalid_client")

    async def test_shows_its_app_whatever_its_scope(self, world: World) -> None:
        app = await register(world.client, scopes="push")
        mine = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        given = await world.client.post("/oauth/token", data={"grant_type": "client_credentials", **mine})
        headers = {"Authorization": f"Bearer {given.json()['access_token']}"}
        shown = await world.client.get("/api/v1/apps/verify_credentials", headers=headers)
        assert shown.json()["id"] == app["id"]
