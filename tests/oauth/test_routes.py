"""Apps, tokens and scopes, through HTTP."""

import base64
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from app.bootstrap import Resources
from app.outbox.relay import Relay
from app.settings import Settings
from tests.people import World
from tests.service import service

pytestmark = pytest.mark.anyio

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


async def register(client: httpx2.AsyncClient, *, expect: int = 200, **fields: Any) -> dict[str, Any]:
    body = {"client_name": "手机", "redirect_uris": OUT_OF_BAND, "scopes": "read write", **fields}
    response = await client.post("/api/v1/apps", json=body)
    assert response.status_code == expect, response.text
    return response.json()


async def ask_token(client: httpx2.AsyncClient, app: dict[str, Any], **fields: Any) -> httpx2.Response:
    body = {
        "grant_type": "client_credentials",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        **fields,
    }
    return await client.post("/oauth/token", json={key: value for key, value in body.items() if value is not None})


class TestRegisterApp:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            (OUT_OF_BAND, [OUT_OF_BAND]),
            ("https://app.example/back\nmyapp://callback", ["https://app.example/back", "myapp://callback"]),
            (["https://app.example/back", OUT_OF_BAND], ["https://app.example/back", OUT_OF_BAND]),
        ],
    )
    async def test_takes_redirect_uris_as_text_or_list(
        self, client: httpx2.AsyncClient, given: object, kept: list[str]
    ) -> None:
        app = await register(client, redirect_uris=given)
        assert app["redirect_uris"] == kept
        assert app["redirect_uri"] == "\n".join(kept)
        assert app["scopes"] == ["read", "write"]

    async def test_takes_a_form(self, client: httpx2.AsyncClient) -> None:
        form = {"client_name": "toot", "redirect_uris": OUT_OF_BAND, "scopes": "read", "website": ""}
        response = await client.post("/api/v1/apps", data=form)
        assert response.status_code == 200, response.text
        assert response.json()["website"] is None

    async def test_takes_rails_brackets_for_the_list(self, client: httpx2.AsyncClient) -> None:
        form = {"client_name": "toot", "redirect_uris[]": ["https://a.example/", "b://c"], "scopes": "read"}
        response = await client.post("/api/v1/apps", data=form)
        assert response.json()["redirect_uris"] == ["https://a.example/", "b://c"]

    @pytest.mark.parametrize(
        "uris",
        [
            "/relative",
            "nothing",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "https://app.example/#part",
            ["https://app.example/\r\nSet-Cookie: a=b"],
            ["https://app.example/ x"],
            ["https://app.example/<b>"],
            ["https://例子.example/"],
            "http://[::1",
            " ",
            ["https://app.example/", "http://["],
            [],
        ],
    )
    async def test_refuses_places_no_code_can_be_sent_to(self, client: httpx2.AsyncClient, uris: object) -> None:
        refused = await register(client, redirect_uris=uris, expect=422)
        assert refused["code"] == "validation_failed"
        assert "redirect_uris" in refused["details"]

    @pytest.mark.parametrize("website", ["javascript:alert(1)", "ftp://x", "http://[", 'https://x.example/"><script>'])
    async def test_refuses_a_website_that_is_no_web_address(self, client: httpx2.AsyncClient, website: str) -> None:
        assert "website" in (await register(client, website=website, expect=422))["details"]

    @pytest.mark.parametrize("scopes", ["read fly", "admin:fly", " ", "READ"])
    async def test_refuses_unknown_scopes(self, client: httpx2.AsyncClient, scopes: str) -> None:
        assert (await register(client, scopes=scopes, expect=400))["code"] == "invalid_scope"

    async def test_asks_for_a_name(self, client: httpx2.AsyncClient) -> None:
        response = await client.post("/api/v1/apps", json={"redirect_uris": OUT_OF_BAND})
        assert response.status_code == 422
        assert response.json()["details"]["client_name"][0]["error"] == "ERR_BLANK"


class TestGrant:
    async def test_gives_an_app_token_for_its_credentials(self, client: httpx2.AsyncClient) -> None:
        app = await register(client)
        answer = (await ask_token(client, app)).json()
        assert (answer["token_type"], answer["scope"]) == ("Bearer", "read write")
        shown = await client.get(
            "/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {answer['access_token']}"}
        )
        assert shown.json()["id"] == app["id"]
        assert "client_secret" not in shown.json()

    async def test_takes_credentials_by_basic_authentication(self, client: httpx2.AsyncClient) -> None:
        app = await register(client)
        response = await client.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(app["client_id"], app["client_secret"])
        )
        assert response.status_code == 200, response.text
        assert response.json()["access_token"]

    @pytest.mark.parametrize(
        "basic",
        [
            "",
            "???",
            "Ym9i",  # no colon
            base64.b64encode(b"a:b").decode(),
            base64.b64encode(b"a\x00b:c").decode(),
            base64.b64encode(b"\xff\xfe:c").decode(),
            "\u00e9\u00e9",
        ],
    )
    async def test_refuses_broken_basic_credentials(self, client: httpx2.AsyncClient, basic: str) -> None:
        headers = {b"Authorization": f"Basic {basic}".encode("latin-1")}
        response = await client.post("/oauth/token", json={"grant_type": "client_credentials"}, headers=headers)
        assert (response.status_code, response.json()["code"]) == (401, "invalid_client")

    @pytest.mark.parametrize("wrong", [{"client_id": "nobody"}, {"client_secret": "guess"}, {"client_secret": None}])
    async def test_refuses_an_unknown_client(self, client: httpx2.AsyncClient, wrong: dict[str, Any]) -> None:
        response = await ask_token(client, await register(client), **wrong)
        assert (response.status_code, response.json()["code"]) == (401, "invalid_client")

    async def test_narrows_scopes_but_never_widens_them(self, client: httpx2.AsyncClient) -> None:
        app = await register(client, scopes="read write:statuses follow")
        narrowed = await ask_token(client, app, scope="read:accounts write:statuses write:follows")
        assert narrowed.json()["scope"] == "read:accounts write:statuses write:follows"
        for wide in ("write", "write:media", "push", "read write"):
            refused = await ask_token(client, app, scope=wide)
            assert (refused.status_code, refused.json()["code"]) == (400, "invalid_scope"), wide

    @pytest.mark.parametrize("grant_type", ["implicit", "password", "", "urn:x"])
    async def test_refuses_grants_it_does_not_know(self, client: httpx2.AsyncClient, grant_type: str) -> None:
        response = await ask_token(
            client, await register(client), grant_type=grant_type, username="anna", password="correct horse"
        )
        assert (response.status_code, response.json()["code"]) == (400, "unsupported_grant_type")

    async def test_gives_a_token_for_a_password_only_where_the_setting_allows_it(
        self, resources: Resources, settings: Settings, relay: Relay
    ) -> None:
        allowing = replace(resources, settings=settings.model_copy(update={"oauth_password_grant": True}))
        transport = httpx2.ASGITransport(app=service(allowing))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            world = await World.open(client, relay)
            anna = await world.person("Anna")
            for name in ("anna", "Anna@example.com"):
                login = {"grant_type": "password", "username": name, "password": "correct horse", "scope": "read"}
                answer = await ask_token(client, world.app, **login)
                assert answer.status_code == 200, answer.text
                headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
                shown = await client.get("/api/v1/accounts/verify_credentials", headers=headers)
                assert shown.json()["id"] == anna.id
                posted = await client.post("/api/v1/statuses", json={"status": "x"}, headers=headers)
                assert posted.json()["code"] == "insufficient_scope"
            for login in (
                {"username": "anna", "password": "wrong"},
                {"username": "nobody", "password": "correct horse"},
            ):
                refused = await ask_token(client, world.app, grant_type="password", **login)
                assert (refused.status_code, refused.json()["code"]) == (400, "invalid_grant")


class TestRevoke:
    async def test_takes_effect_at_once(self, world: World) -> None:
        anna = await world.person("anna")
        await anna.get("/api/v1/accounts/verify_credentials")
        mine = {"client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
        revoked = await world.client.post("/oauth/revoke", data={"token": anna.token, **mine})
        assert (revoked.status_code, revoked.json()) == (200, {})
        refused = await anna.request("GET", "/api/v1/accounts/verify_credentials")
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")

    async def test_of_an_unknown_token_is_fine(self, world: World) -> None:
        mine = {"client_id": world.app["client_id"], "client_secret": world.app["client_secret"]}
        assert (await world.client.post("/oauth/revoke", json={"token": "x", **mine})).status_code == 200

    async def test_refuses_a_client_that_is_not_who_it_says(self, world: World) -> None:
        anna = await world.person("anna")
        body = {"token": anna.token, "client_id": world.app["client_id"], "client_secret": "guess"}
        refused = await world.client.post("/oauth/revoke", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "unauthorized_client")
        await anna.get("/api/v1/accounts/verify_credentials")

    async def test_leaves_another_apps_token_alone(self, world: World) -> None:
        anna = await world.person("anna")
        other = await register(world.client)
        body = {"token": anna.token, "client_id": other["client_id"], "client_secret": other["client_secret"]}
        assert (await world.client.post("/oauth/revoke", json=body)).status_code in (200, 403)
        await anna.get("/api/v1/accounts/verify_credentials")


class TestBearer:
    @pytest.mark.parametrize(
        "header", ["Bearer", "Bearer ", "Bearer wrong", "Token x", "x", "", "Basic YTpi", "Bearer \u00e9"]
    )
    async def test_refuses_a_malformed_or_unknown_token_even_where_none_is_needed(
        self, client: httpx2.AsyncClient, header: str
    ) -> None:
        response = await client.get("/api/v1/timelines/public", headers={b"Authorization": header.encode("latin-1")})
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")

    async def test_takes_the_scheme_in_any_case(self, world: World) -> None:
        anna = await world.person("anna")
        headers = {"Authorization": f"bearer {anna.token}"}
        response = await world.client.get("/api/v1/accounts/verify_credentials", headers=headers)
        assert response.status_code == 200

    async def test_refuses_what_the_scope_does_not_allow(self, world: World) -> None:
        narrow = (await ask_token(world.client, world.app, scope="read:accounts write:accounts read:statuses")).json()
        narrow_world = World(world.client, world.relay, narrow["access_token"], world.app)
        anna = await narrow_world.person("anna")
        await anna.get("/api/v1/accounts/verify_credentials")
        await anna.get("/api/v1/timelines/home")
        for method, path in (
            ("POST", "/api/v1/statuses"),
            ("POST", f"/api/v1/accounts/{anna.id}/follow"),
            ("GET", "/api/v1/accounts/relationships"),
            ("POST", "/api/weizhi/v1/organizations"),
            ("GET", "/api/weizhi/v1/applications"),
        ):
            refused = await anna.request(method, path)
            assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope"), path

    async def test_refuses_an_apps_own_token_where_an_account_is_needed(self, world: World) -> None:
        for method, path in (("GET", "/api/v1/accounts/verify_credentials"), ("POST", "/api/v1/statuses")):
            refused = await world.client.request(method, path, headers={"Authorization": f"Bearer {world.app_token}"})
            assert (refused.status_code, refused.json()["code"]) == (403, "account_required"), path
