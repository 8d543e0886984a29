"""The page of the apps one allowed, walked through as a browser without scripts does."""

from typing import Any

import pytest

from app.bootstrap import Resources
from tests.oauth.apps import REDIRECT, exchange, register, who
from tests.oauth.browser import Browser
from tests.people import World

pytestmark = pytest.mark.anyio

PATH = "/oauth/authorized_applications"


async def allowed(world: World, app: dict[str, Any], browser: Browser) -> str:
    """A token of anna's that the app got."""
    await browser.authorize(app)
    if any(form.action == "/oauth/login" for form in browser.forms):
        await browser.log_in()
    await browser.submit("/oauth/authorize", press="allow")
    token: str = (await exchange(world.client, app, browser.back["code"])).json()["access_token"]
    return token


class TestPage:
    async def test_asks_who_one_is_and_lists_what_one_allowed(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        await allowed(world, app, browser)
        browser.client.cookies.clear()
        await browser.open(PATH)
        assert "象牙 Ivory" not in browser.page.text
        await browser.submit(f"{PATH}/login", username="anna", password="wrong")
        assert browser.page.status_code == 422
        await browser.submit(f"{PATH}/login", username="anna", password="correct horse")
        assert browser.page.url.path == PATH
        assert browser.page.text.count("<h2") == 2  # The app, and the one anna registered by.
        assert "象牙 Ivory" in browser.page.text
        assert "write" in browser.page.text
        assert "<script" not in browser.page.text
        assert "default-src 'none'" in browser.page.headers["content-security-policy"]
        await browser.open(f"{PATH}?lang=en")
        assert "Apps you allowed" in browser.page.text
        await browser.submit(f"{PATH}/logout")
        assert "象牙 Ivory" not in browser.page.text


class TestRevoke:
    async def test_ends_the_app_s_access_at_once_and_nobody_else_s(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        token = await allowed(world, app, browser)
        waiting = await browser.authorize(app)
        await waiting.submit("/oauth/authorize", press="allow")
        code = browser.back["code"]
        other = await register(world.client, client_name="别的 Other", redirect_uris=REDIRECT)
        kept = await allowed(world, other, browser)
        await browser.open(PATH)
        (form,) = [one for one in browser.forms if one.fields.get("app_id") == app["id"]]
        await browser._show(await browser.client.post(form.action, data=form.fields))
        assert "象牙 Ivory" not in browser.page.text
        assert (await who(world.client, token)).status_code == 401
        assert (await exchange(world.client, app, code)).status_code == 400
        assert (await who(world.client, kept)).status_code == 200

    async def test_takes_only_the_form_it_showed(
        self, world: World, app: dict[str, Any], browser: Browser, resources: Resources
    ) -> None:
        token = await allowed(world, app, browser)
        await browser.open(PATH)
        fields = next(one for one in browser.forms if one.fields.get("app_id") == app["id"]).fields
        forged = [
            ({}, {**fields, "form_token": ""}),
            ({}, {**fields, "form_token": "0" * 64}),
            ({"Sec-Fetch-Site": "cross-site"}, fields),
            ({"Sec-Fetch-Site": "same-site"}, fields),
        ]
        for headers, data in forged:
            for path in ("revoke", "logout", "login"):
                answer = await browser.client.post(f"{PATH}/{path}", data=data, headers=headers)
                assert answer.status_code == 403
        assert (await who(world.client, token)).status_code == 200

    async def test_asks_a_browser_that_nobody_is_logged_in_to(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        token = await allowed(world, app, browser)
        browser.client.cookies.clear()
        await browser.open(PATH)
        data = {**browser.form(f"{PATH}/login").fields, "app_id": app["id"]}
        answer = await browser.client.post(f"{PATH}/revoke", data=data)
        assert "password" in answer.text
        assert (await who(world.client, token)).status_code == 200
