"""The login and consent pages, walked through as a browser without scripts does."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.clock import now
from app.kit.secrets import fingerprint
from app.kit.site import Site
from app.oauth import service
from tests.oauth.apps import OUT_OF_BAND, REDIRECT, consented, exchange, register, who
from tests.oauth.browser import Browser
from tests.people import World

pytestmark = pytest.mark.anyio


async def run(resources: Resources, statement: str, **values: Any) -> None:
    async with resources.db.transaction() as session:
        await session.execute(text(statement), values)


async def suspend(resources: Resources) -> None:
    await run(resources, "UPDATE accounts SET suspended_at = now() WHERE handle = 'anna'")


class TestTheWholeWalk:
    async def test_ends_with_a_token_for_who_logged_in(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app)
        assert browser.page.status_code == 200
        assert "象牙 Ivory" in browser.page.text
        await browser.log_in()
        assert "@anna" in browser.page.text
        await browser.submit("/oauth/authorize", press="allow")
        assert browser.away is not None
        assert browser.away.startswith(f"{REDIRECT}?code=")
        assert (browser.back["state"], browser.back["iss"]) == ("s-1", "http://weizhi.test")
        answer = await exchange(world.client, app, browser.back["code"])
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert set(answer.json()) == {"access_token", "token_type", "scope", "created_at"}
        assert answer.json()["scope"] == "read write follow push"
        shown = await who(world.client, answer.json()["access_token"])
        assert shown.json()["username"] == "anna"

    async def test_works_with_a_trailing_slash(self, app: dict[str, Any], browser: Browser) -> None:
        query = urlencode({"client_id": app["client_id"], "redirect_uri": REDIRECT, "response_type": "code"})
        await browser.open(f"/oauth/authorize/?{query}")
        await browser.log_in()
        await browser.submit("/oauth/authorize", press="allow")
        assert browser.back["code"]
        assert "state" not in browser.back

    @pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.com", " anna "])
    async def test_takes_a_user_name_or_an_address(self, app: dict[str, Any], browser: Browser, name: str) -> None:
        await browser.authorize(app)
        await browser.log_in(name)
        assert "@anna" in browser.page.text

    async def test_shows_a_code_to_copy_where_the_app_cannot_be_reached(
        self, world: World, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app, redirect_uri=OUT_OF_BAND)
        await browser.log_in()
        await browser.submit("/oauth/authorize", press="allow")
        assert browser.page.url.path == "/oauth/authorize/native"
        code = browser.page.url.params["code"]
        assert re.search(rf"<output[^>]*>{code}</output>", browser.page.text)
        answer = await exchange(world.client, app, code, redirect_uri=OUT_OF_BAND)
        assert answer.status_code == 200, answer.text

    async def test_keeps_an_apps_own_address_by_every_character(self, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app, redirect_uri="ivory://callback?x=1")
        await browser.log_in()
        await browser.submit("/oauth/authorize", press="allow")
        assert browser.away is not None
        assert browser.away.startswith("ivory://callback?x=1&code=")

    async def test_asks_for_no_password_the_second_time_but_always_for_consent(
        self, app: dict[str, Any], browser: Browser
    ) -> None:
        await consented(browser, app)
        await browser.authorize(app)
        assert [form.action for form in browser.forms] == ["/oauth/logout", "/oauth/authorize"]

    async def test_asks_again_when_the_app_wants_another_account(self, app: dict[str, Any], browser: Browser) -> None:
        await consented(browser, app)
        await browser.authorize(app, force_login="true")
        assert [form.action for form in browser.forms] == ["/oauth/login"]
        await browser.log_in()
        assert "/oauth/authorize" in [form.action for form in browser.forms]

    async def test_ends_at_the_app_when_denied(self, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app)
        await browser.log_in()
        await browser.submit("/oauth/authorize", press="deny")
        assert browser.away is not None
        assert browser.away.startswith(f"{REDIRECT}?error=access_denied")
        assert browser.back["state"] == "s-1"

    async def test_ends_on_our_page_when_denied_and_there_is_no_way_back(
        self, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app, redirect_uri=OUT_OF_BAND)
        await browser.log_in()
        await browser.submit("/oauth/authorize", press="deny")
        assert browser.page.status_code == 200
        assert "<output" not in browser.page.text

    async def test_lets_someone_else_log_in(self, world: World, app: dict[str, Any], browser: Browser) -> None:
        await world.person("bo")
        await browser.authorize(app)
        await browser.log_in()
        await browser.submit("/oauth/logout")
        assert "@anna" not in browser.page.text
        await browser.log_in("bo")
        assert "@bo" in browser.page.text


class TestConsent:
    @pytest.mark.parametrize(
        ("lang", "words"),
        [
            ("zh-CN", ("允许", "拒绝", "以你的名义发帖、转发、删帖")),
            ("en", ("Allow", "Deny", "Post, repost and delete")),
        ],
    )
    async def test_tells_app_website_destination_and_what_each_scope_means(
        self, app: dict[str, Any], browser: Browser, lang: str, words: tuple[str, ...]
    ) -> None:
        await browser.authorize(app, lang=lang, scope="read:accounts write:statuses")
        await browser.log_in()
        for expected in ("象牙 Ivory", "https://app.example", "app.example", "write:statuses", *words):
            assert expected in browser.page.text
        assert f'<html lang="{lang}">' in browser.page.text

    async def test_has_words_for_every_scope_there_is(self, world: World, browser: Browser) -> None:
        metadata = (await world.client.get("/.well-known/oauth-authorization-server")).json()
        everything = " ".join(metadata["scopes_supported"])
        await world.person("anna")
        app = await register(world.client, scopes=everything)
        for lang in ("zh", "en"):
            await browser.authorize(app, lang=lang)
            if lang == "zh":
                await browser.log_in()
            assert browser.page.status_code == 200
            assert browser.page.text.count("<li>") == len(everything.split())

    async def test_escapes_what_an_app_says_of_itself(self, world: World, browser: Browser) -> None:
        await world.person("anna")
        app = await register(world.client, client_name="<b>{0}{app}</b>", website="https://x.example/'&lt;'")
        await browser.authorize(app)
        assert "<b>" not in browser.page.text
        await browser.log_in()
        assert "<b>" not in browser.page.text
        assert "<script" not in browser.page.text

    async def test_gives_the_read_scope_by_default_and_never_an_admins(self, world: World, browser: Browser) -> None:
        await world.person("anna")
        app = await register(world.client, scopes="read write admin:read admin:write:accounts")
        code = await consented(browser, app, scope=None)
        assert (await exchange(world.client, app, code)).json()["scope"] == "read"
        code = await consented(browser, app)
        assert (await exchange(world.client, app, code)).json()["scope"] == "read write"


class TestLogin:
    @pytest.mark.parametrize(("name", "password"), [("anna", "wrong"), ("nobody", "correct horse"), ("", "")])
    async def test_tells_nothing_about_what_was_wrong(
        self, app: dict[str, Any], browser: Browser, name: str, password: str
    ) -> None:
        await browser.authorize(app, lang="en")
        await browser.log_in(name, password)
        assert browser.page.status_code == 422
        assert "do not match" in browser.page.text
        assert 'role="alert"' in browser.page.text
        assert password not in re.sub("correct horse", "", browser.page.text) or not password
        # The form still knows what the app asked for.
        await browser.log_in()
        assert "@anna" in browser.page.text

    async def test_refuses_who_is_suspended(self, resources: Resources, app: dict[str, Any], browser: Browser) -> None:
        await suspend(resources)
        await browser.authorize(app)
        await browser.log_in()
        assert browser.page.status_code == 422

    async def test_ends_for_who_is_suspended_afterwards(
        self, world: World, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        code = await consented(browser, app)
        token = (await exchange(world.client, app, await consented(browser, app))).json()["access_token"]
        await suspend(resources)
        assert (await who(world.client, token)).status_code == 401
        assert (await exchange(world.client, app, code)).json()["error"] == "invalid_grant"
        await browser.authorize(app)
        assert [form.action for form in browser.forms] == ["/oauth/login"]

    async def test_gives_a_new_cookie_so_that_nobody_is_handed_one(
        self, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        planted = "A" * 43
        browser.client.cookies.set("weizhi_login", planted, domain="weizhi.test", path="/")
        await browser.authorize(app)
        await browser.log_in()
        assert "@anna" in browser.page.text
        async with Browser(resources) as thief:
            thief.client.cookies.set("weizhi_login", planted, domain="weizhi.test", path="/")
            await thief.authorize(app)
            assert [form.action for form in thief.forms] == ["/oauth/login"]

    async def test_ends_the_session_on_the_server_too(
        self, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app)
        await browser.log_in()
        cookie = browser.client.cookies["weizhi_login"]
        await browser.submit("/oauth/logout")
        async with Browser(resources) as thief:
            thief.client.cookies.set("weizhi_login", cookie, domain="weizhi.test", path="/")
            await thief.authorize(app)
            assert [form.action for form in thief.forms] == ["/oauth/login"]

    async def test_is_over_when_its_time_is(self, resources: Resources, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app)
        await browser.log_in()
        await run(resources, "UPDATE browser_sessions SET expires_at = :now", now=now())
        await browser.authorize(app)
        assert [form.action for form in browser.forms] == ["/oauth/login"]

    async def test_keeps_the_cookie_from_scripts_and_the_database_from_the_cookie(
        self, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app)
        form = browser.form("/oauth/login")
        answer = await browser.client.post(
            "/oauth/login", data={**form.fields, "username": "anna", "password": "correct horse"}
        )
        told = answer.headers["set-cookie"]
        assert "HttpOnly" in told
        assert "SameSite=lax" in told
        assert "Secure" not in told
        cookie = told.partition("=")[2].partition(";")[0]
        async with resources.db.reading() as session:
            kept = (await session.execute(text("SELECT fingerprint FROM browser_sessions"))).scalars().all()
        assert kept == [fingerprint(cookie)]

    async def test_has_a_secure_cookie_of_this_host_alone_over_https(
        self, resources: Resources, app: dict[str, Any]
    ) -> None:
        site = Site(url="https://weizhi.test", domain="weizhi.test", title="Weizhi")
        async with Browser(replace(resources, site=site), "https://weizhi.test") as browser:
            await browser.authorize(app)
            told = browser.page.headers["set-cookie"]
            assert told.startswith("__Host-weizhi_login=")
            for part in ("Secure", "HttpOnly", "Path=/", "SameSite=lax"):
                assert part in told
            assert "Domain" not in told
            await browser.log_in()
            assert "@anna" in browser.page.text


class TestForms:
    @pytest.mark.parametrize("action", ["/oauth/login", "/oauth/logout", "/oauth/authorize"])
    @pytest.mark.parametrize("attack", ["no token", "wrong token", "another's token", "no cookie", "another site"])
    async def test_of_other_sites_do_nothing(
        self, resources: Resources, app: dict[str, Any], browser: Browser, action: str, attack: str
    ) -> None:
        await browser.authorize(app)
        if action != "/oauth/login":
            await browser.log_in()
        form = browser.form(action)
        data = {**form.fields, "username": "anna", "password": "correct horse", "decision": "allow"}
        headers = {}
        if attack == "no token":
            del data["form_token"]
        elif attack == "wrong token":
            data["form_token"] = "0" * 64
        elif attack == "another's token":
            async with Browser(resources) as other:
                await other.authorize(app)
                data["form_token"] = other.form("/oauth/login").fields["form_token"]
        elif attack == "no cookie":
            browser.client.cookies.clear()
        else:
            headers["Sec-Fetch-Site"] = "cross-site"
        refused = await browser.client.post(action, data=data, headers=headers)
        assert refused.status_code == 403
        assert "location" not in refused.headers
        async with resources.db.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM authorizations")) == 0
            there = await session.scalar(text("SELECT count(*) FROM browser_sessions"))
            assert there == (action != "/oauth/login")

    async def test_check_again_what_the_app_asks_for(self, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app)
        await browser.log_in()
        evil = urlencode(
            {"client_id": app["client_id"], "redirect_uri": "https://evil.example", "response_type": "code"}
        )
        await browser.submit("/oauth/authorize", press="allow", query=evil)
        assert browser.away is None
        assert browser.page.status_code == 400

    async def test_of_login_lead_nowhere_else(self, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app)
        await browser.submit(
            "/oauth/login", username="anna", password="correct horse", query="//evil.example/?client_id=x"
        )
        assert browser.away is None
        assert browser.page.status_code == 400

    async def test_ask_to_log_in_when_the_session_ended_meanwhile(
        self, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        await browser.authorize(app)
        await browser.log_in()
        await run(resources, "DELETE FROM browser_sessions")
        await browser.submit("/oauth/authorize", press="allow")
        assert [form.action for form in browser.forms] == ["/oauth/login"]


class TestRequest:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"client_id": "nobody"},
            {"client_id": None},
            {"redirect_uri": None},
            {"redirect_uri": "https://app.example/back/"},
            {"redirect_uri": "https://app.example/back?x"},
            {"redirect_uri": "https://app.example/Back"},
            {"redirect_uri": "https://app.example"},
            {"redirect_uri": "https://app.example/back\x00"},
            {"redirect_uri": "javascript:alert(1)"},
            {"state": "x" * 9000},
        ],
        ids=str,
    )
    async def test_of_an_unknown_app_or_address_is_told_here_and_sent_nowhere(
        self, app: dict[str, Any], browser: Browser, wrong: dict[str, str | None]
    ) -> None:
        await browser.authorize(app, **wrong)
        assert browser.away is None
        assert browser.page.status_code == 400

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": None}, "invalid_request"),
            ({"scope": "fly"}, "invalid_scope"),
            ({"scope": "read admin:read"}, "invalid_scope"),
            ({"scope": "read:jobs write:webhooks profile"}, "invalid_scope"),
            ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge": "x" * 43}, "invalid_request"),
            ({"code_challenge_method": "S256"}, "invalid_request"),
            ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
            ({"code_challenge": "=" * 43, "code_challenge_method": "S256"}, "invalid_request"),
        ],
        ids=str,
    )
    async def test_that_is_wrong_is_told_to_the_app(
        self, app: dict[str, Any], browser: Browser, wrong: dict[str, str | None], error: str
    ) -> None:
        await browser.authorize(app, **wrong)
        assert browser.away is not None
        assert browser.away.startswith(f"{REDIRECT}?")
        assert (browser.back["error"], browser.back["state"]) == (error, "s-1")
        assert browser.back["iss"] == "http://weizhi.test"

    @pytest.mark.parametrize(("twice", "away"), [("state=2", True), ("scope=read", True), ("client_id=2", False)])
    async def test_with_a_parameter_twice_is_refused(
        self, app: dict[str, Any], browser: Browser, twice: str, away: bool
    ) -> None:
        query = urlencode(
            {
                "client_id": app["client_id"],
                "redirect_uri": REDIRECT,
                "response_type": "code",
                "scope": "read",
                "state": "1",
            }
        )
        await browser.open(f"/oauth/authorize?{query}&{twice}")
        assert (browser.away is not None) == away
        if away:
            assert browser.back["error"] == "invalid_request"

    @pytest.mark.parametrize("query", ["%FF=%FE", "client_id=%FF", "&".join(["a=1"] * 60), "client_id=%ED%A0%80", ""])
    async def test_that_cannot_be_read_is_told_here(self, browser: Browser, query: str) -> None:
        await browser.open(f"/oauth/authorize?{query}")
        assert browser.page.status_code == 400


class TestPages:
    @pytest.fixture
    async def all_pages(self, app: dict[str, Any], browser: Browser) -> dict[str, httpx2.Response]:
        pages = {}
        pages["error"] = (await browser.authorize(app, client_id="x")).page
        pages["login"] = (await browser.authorize(app)).page
        pages["wrong"] = (await browser.log_in(password="x")).page
        pages["consent"] = (await browser.log_in()).page
        await browser.authorize(app, redirect_uri=OUT_OF_BAND)
        pages["native"] = (await browser.submit("/oauth/authorize", press="allow")).page
        return pages

    async def test_let_nothing_run_frame_keep_or_tell_them(self, all_pages: dict[str, httpx2.Response]) -> None:
        for name, page in all_pages.items():
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-"), name
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            assert "unsafe" not in policy
            assert page.headers["x-frame-options"] == "DENY"
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert page.headers["x-content-type-options"] == "nosniff"
            assert "<script" not in page.text
            assert not re.search(r"\son\w+=|style=", page.text)

    async def test_may_send_a_form_to_us_and_on_to_the_app_only_where_that_is_due(
        self, all_pages: dict[str, httpx2.Response]
    ) -> None:
        assert "form-action 'self';" in all_pages["login"].headers["content-security-policy"]
        assert "form-action 'self' https: https:;" in all_pages["consent"].headers["content-security-policy"]

    async def test_are_not_for_scripts_of_other_sites(
        self, all_pages: dict[str, httpx2.Response], browser: Browser
    ) -> None:
        for path in ("/oauth/authorize?client_id=x", "/oauth/authorize/native?code=x"):
            answer = await browser.client.get(path, headers={"Origin": "https://elk.example"})
            assert "access-control-allow-origin" not in answer.headers

    async def test_can_be_used_without_seeing_them(self, app: dict[str, Any], browser: Browser) -> None:
        await browser.authorize(app)
        tags = browser.tags
        labels = {given["for"] for tag, given in tags if tag == "label"}
        shown = [given for tag, given in tags if tag == "input" and given["type"] != "hidden"]
        assert [given["autocomplete"] for given in shown] == ["username", "current-password"]
        assert {given["id"] for given in shown} == labels
        assert [given["lang"] for tag, given in tags if tag == "html"] == ["zh-CN"]
        assert sum(tag == "h1" for tag, _ in tags) == sum(tag == "main" for tag, _ in tags) == 1
        await browser.log_in(password="x")
        described = [given.get("aria-describedby") for tag, given in browser.tags if tag == "input" and "id" in given]
        assert described == ["problem", "problem"]

    @pytest.mark.parametrize(
        ("lang", "accepted", "expected"),
        [
            (None, "", "zh-CN"),
            (None, "en-GB,en;q=0.9", "en"),
            (None, "fr, en;q=0.4, zh-TW;q=0.7", "zh-CN"),
            (None, "fr", "zh-CN"),
            (None, ";q=x,,en;q=nan", "en"),
            ("en", "zh-CN", "en"),
            ("zh", "en", "zh-CN"),
            ("fr", "en", "en"),
            ("x" * 3000, "en", "en"),
        ],
    )
    async def test_speak_the_language_that_is_wanted(
        self, app: dict[str, Any], browser: Browser, lang: str | None, accepted: str, expected: str
    ) -> None:
        browser.client.headers["Accept-Language"] = accepted
        await browser.authorize(app, lang=lang)
        assert f'<html lang="{expected}">' in browser.page.text
        await browser.log_in(password="x")
        assert f'<html lang="{expected}">' in browser.page.text

    @pytest.mark.parametrize("code", ["", "x", "<b>", "Send this to support@evil.example and wait for the call!!"])
    async def test_show_nothing_for_a_code_that_is_none(self, browser: Browser, code: str) -> None:
        await browser.open(f"/oauth/authorize/native?{urlencode({'code': code})}")
        assert "<output" not in browser.page.text


class TestForget:
    async def test_drops_what_ended_a_week_ago_and_nothing_else(
        self, world: World, resources: Resources, app: dict[str, Any], browser: Browser
    ) -> None:
        token = (await exchange(world.client, app, await consented(browser, app))).json()["access_token"]
        await consented(browser, app)
        async with resources.db.transaction() as session:
            await service.forget(session, now=now() + timedelta(days=6))
            assert await session.scalar(text("SELECT count(*) FROM authorizations")) == 2
            await service.forget(session, now=now() + timedelta(days=8))
            assert await session.scalar(text("SELECT count(*) FROM authorizations")) == 1
            assert await session.scalar(text("SELECT count(*) FROM browser_sessions")) == 1
            await service.forget(session, now=now() + timedelta(days=22))
            assert await session.scalar(text("SELECT count(*) FROM browser_sessions")) == 0
        assert (await who(world.client, token)).status_code == 200
