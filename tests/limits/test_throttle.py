"""Rate limits, through HTTP, on a real Valkey."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import event

from app.bootstrap import Resources, open_resources
from app.kit.valkey import Script, Valkey
from app.limits import rules, valkey_limits
from app.limits.no_limits import NoLimits
from app.limits.tally import Tally
from app.limits.valkey_limits import limit_key
from app.settings import Settings
from tests.oauth.apps import register
from tests.oauth.browser import Browser
from tests.people import World
from tests.service import service

pytestmark = pytest.mark.anyio

PUBLIC = "/api/v1/timelines/public"
TOLD = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


@pytest.fixture
async def limited(settings: Settings, resources: Resources, world: World) -> AsyncIterator[Resources]:
    """The service with limits. Whoever came before through `world` was not counted."""
    async with open_resources(settings.model_copy(update={"rate_limits": True})) as opened:
        yield replace(resources, limits=opened.limits, tally=Tally(opened.limits, rules.API))


@asynccontextmanager
async def coming_from(resources: Resources, host: str = "192.0.2.1") -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=service(resources), client=(host, 1234))
    async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
        yield client


async def use_up(resources: Resources, rule: rules.Rule, subject: str, *, left: int = 0) -> None:
    """Bring `subject` to where only `left` uses of `rule` are left."""
    limits: Any = resources.limits
    key = limit_key(rule, subject)
    await limits._valkey.call(key, "SET", key, rule.most - left, "PX", rule.seconds * 1000)


def remaining(answer: httpx2.Response) -> int:
    return int(answer.headers["X-RateLimit-Remaining"])


def refused(answer: httpx2.Response) -> bool:
    if answer.status_code != 429:
        return False
    assert answer.json()["code"] == "rate_limited"
    assert int(answer.headers["Retry-After"]) > 0
    assert remaining(answer) == 0
    return True


class TestHeaders:
    async def test_tell_limit_remaining_and_reset(self, limited: Resources) -> None:
        async with coming_from(limited) as client:
            answers = [await client.get(PUBLIC) for _ in range(3)]
        assert [answer.headers["X-RateLimit-Limit"] for answer in answers] == ["300"] * 3
        assert [remaining(answer) for answer in answers] == [299, 298, 297]
        reset = datetime.fromisoformat(answers[0].headers["X-RateLimit-Reset"])
        assert timedelta(0) < reset - datetime.now(UTC) <= timedelta(seconds=301)
        assert answers[0].headers["X-RateLimit-Reset"].endswith("Z")

    @pytest.mark.parametrize("path", [PUBLIC, "/api/v1/timelines/home", "/api/v1/nothing", "/api/v9", "/oauth/token"])
    async def test_are_on_every_answer_also_without_limits(
        self, limited: Resources, client: httpx2.AsyncClient, path: str
    ) -> None:
        async with coming_from(limited) as counted:
            for one in (client, counted):
                for method in ("GET", "POST", "PATCH"):
                    answer = await one.request(method, path)
                    assert all(name in answer.headers for name in TOLD), (method, answer.status_code)

    async def test_tell_the_rule_with_the_fewest_uses_left(self, limited: Resources, world: World) -> None:
        anna = await world.person("anna")
        async with coming_from(limited) as client:
            answer = await client.delete("/api/v1/statuses/1", headers={"Authorization": f"Bearer {anna.token}"})
        assert (answer.headers["X-RateLimit-Limit"], remaining(answer)) == ("30", 29)

    async def test_can_be_read_by_scripts_also_when_refused(self, limited: Resources) -> None:
        await use_up(limited, rules.API, "192.0.2.1")
        async with coming_from(limited) as client:
            answer = await client.get(PUBLIC, headers={"Origin": "https://elk.example"})
        assert refused(answer)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "X-RateLimit-Reset" in answer.headers["access-control-expose-headers"]
        assert answer.headers["x-request-id"]


class TestGeneralRule:
    async def test_refuses_the_three_hundred_and_first_request(self, limited: Resources) -> None:
        async with coming_from(limited) as client:
            await use_up(limited, rules.API, "192.0.2.1", left=2)
            answers = [await client.get(PUBLIC) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert refused(answers[2])

    @pytest.mark.parametrize(
        "path",
        ["/api/v1/timelines/public/", "//api/v1/timelines/public", "/api/v1/timelines/public?x=1", "/api/v1/nothing/"],
    )
    async def test_covers_every_spelling_of_a_path(self, limited: Resources, path: str) -> None:
        await use_up(limited, rules.API, "192.0.2.1")
        async with coming_from(limited) as client:
            answer = await client.get(path)
            assert refused(answer) or answer.status_code == 404, path
            if not path.startswith("//"):
                assert (await client.head(path)).status_code == 429

    async def test_counts_strangers_by_their_network(self, limited: Resources) -> None:
        await use_up(limited, rules.API, "192.0.2.1")
        await use_up(limited, rules.API, "2001:db8:1:2::/64")
        for host, expected in (
            ("192.0.2.1", True),
            ("::ffff:192.0.2.1", True),
            ("192.0.2.2", False),
            ("2001:db8:1:2:aaaa::1", True),
            ("2001:db8:1:2:bbbb::1", True),
            ("2001:db8:1:3::1", False),
        ):
            async with coming_from(limited, host) as client:
                assert refused(await client.get(PUBLIC)) == expected, host

    async def test_counts_an_account_wherever_and_with_whatever_app_it_comes(
        self, limited: Resources, world: World
    ) -> None:
        anna, bo = await world.people("anna", "bo")
        await use_up(limited, rules.API, f"account:{anna.id}")
        for host in ("192.0.2.1", "192.0.2.2"):
            async with coming_from(limited, host) as client:
                for person, expected in ((anna, True), (bo, False)):
                    answer = await client.get(PUBLIC, headers={"Authorization": f"Bearer {person.token}"})
                    assert refused(answer) == expected
                assert not refused(await client.get(PUBLIC))

    @pytest.mark.parametrize("header", ["Bearer {}", "Basic {}", "Bearer", "{}"])
    async def test_counts_bad_tokens_by_address(self, limited: Resources, header: str) -> None:
        await use_up(limited, rules.API, "192.0.2.1", left=3)
        async with coming_from(limited) as client:
            answers = [
                await client.get(PUBLIC, headers={"Authorization": header.format(f"guess{number}")})
                for number in range(4)
            ]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429]

    async def test_counts_an_apps_own_token_by_address(self, limited: Resources, world: World) -> None:
        await use_up(limited, rules.API, "192.0.2.1")
        async with coming_from(limited) as client:
            headers = {"Authorization": f"Bearer {world.app_token}"}
            assert refused(await client.get("/api/v1/apps/verify_credentials", headers=headers))


class TestRulesOfTheirOwn:
    @pytest.mark.parametrize(
        ("method", "path", "rule"),
        [
            ("POST", "/api/v1/media", rules.MEDIA),
            ("POST", "/api/v2/media", rules.MEDIA),
            ("DELETE", "/api/v1/statuses/1", rules.DELETE),
            ("POST", "/api/v1/statuses/1/unreblog", rules.DELETE),
        ],
    )
    async def test_count_an_account_for_every_spelling_and_nothing_else(
        self, limited: Resources, world: World, method: str, path: str, rule: rules.Rule
    ) -> None:
        anna = await world.person("anna")
        await use_up(limited, rule, f"account:{anna.id}")
        headers = {"Authorization": f"Bearer {anna.token}"}
        async with coming_from(limited) as client:
            for spelling in (path, f"{path}/", f"{path}//", f"{path}?x=1", path.replace("api", "%61pi")):
                assert refused(await client.request(method, spelling, headers=headers)), spelling
            assert not refused(await client.get(PUBLIC, headers=headers))
            assert not refused(await client.request(method, path))

    async def test_count_each_inbound_source_apart(self, limited: Resources) -> None:
        one, other = "/api/weizhi/v1/inbound/ashby/1", "/api/weizhi/v1/inbound/ashby/2"
        await use_up(limited, rules.SOURCE, f"192.0.2.1{one}")
        async with coming_from(limited) as client:
            for spelling in (one, f"{one}/", one.replace("ashby", "%61shby")):
                assert refused(await client.post(spelling)), spelling
            assert not refused(await client.post(other))
        # Nor does a stranger who signs nothing use up what the source may send.
        async with coming_from(limited, "192.0.2.2") as client:
            assert not refused(await client.post(one))
        await use_up(limited, rules.INBOUND, "192.0.2.1")
        async with coming_from(limited) as client:
            assert refused(await client.post(other))

    @pytest.mark.parametrize("path", ["/api/v1/accounts", "/api/v1/accounts/", "/api/v1/accounts?x"])
    async def test_limit_sign_ups_by_address(self, limited: Resources, world: World, path: str) -> None:
        headers = {"Authorization": f"Bearer {world.app_token}"}
        person = {"email": "a@example.com", "password": "correct horse", "agreement": True}
        async with coming_from(limited) as client:
            answers = [
                await client.post(
                    path, json={**person, "username": f"n{number}", "email": f"n{number}@example.com"}, headers=headers
                )
                for number in range(6)
            ]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert refused(answers[-1])
        async with coming_from(limited, "192.0.2.2") as client:
            answer = await client.post(path, json={**person, "username": "later"}, headers=headers)
            assert answer.status_code == 200

    async def test_limit_new_apps_by_address(self, limited: Resources) -> None:
        body = {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
        async with coming_from(limited) as client:
            answers = [await client.post("/api/v1/apps", json=body) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]


class TestLogin:
    @pytest.fixture
    async def app(self, world: World) -> dict[str, Any]:
        await world.people("anna", "bo")
        return await register(world.client)

    async def test_is_limited_for_an_account_under_all_its_names(self, limited: Resources, app: dict[str, Any]) -> None:
        async with Browser(limited) as browser:
            await browser.authorize(app)
            for number in range(10):
                await browser.log_in(("anna", "ANNA ", "anna@example.com")[number % 3], "guess")
                assert browser.page.status_code == 422
            await browser.log_in("anna", "correct horse")
            assert browser.page.status_code == 429
            assert int(browser.page.headers["Retry-After"]) > 3000
            assert 'role="alert"' in browser.page.text
            # Another account is free, and the page still works.
            await browser.log_in("bo")
            assert "@bo" in browser.page.text

    async def test_is_limited_for_names_that_nobody_has(self, limited: Resources, app: dict[str, Any]) -> None:
        async with Browser(limited) as browser:
            await browser.authorize(app)
            for _ in range(10):
                await browser.log_in("nobody", "guess")
            await browser.log_in("Nobody", "guess")
            assert browser.page.status_code == 429

    async def test_is_limited_for_an_address(self, limited: Resources, app: dict[str, Any]) -> None:
        await use_up(limited, rules.LOGIN_BY_ADDRESS, "127.0.0.1", left=1)
        async with Browser(limited) as browser:
            await browser.authorize(app)
            await browser.log_in("nobody", "guess")
            assert browser.page.status_code == 422
            await browser.log_in("anna")
            assert browser.page.status_code == 429

    async def test_is_limited_by_the_password_grant_as_well(self, limited: Resources, app: dict[str, Any]) -> None:
        allowing = replace(limited, settings=limited.settings.model_copy(update={"oauth_password_grant": True}))
        body = {
            "grant_type": "password",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "username": "anna",
        }
        async with coming_from(allowing) as client:
            for _ in range(10):
                answer = await client.post("/oauth/token", data={**body, "password": "guess"})
                assert answer.json()["error"] == "invalid_grant"
            answer = await client.post("/oauth/token", data={**body, "password": "correct horse"})
            assert (answer.status_code, answer.json()["error"]) == (429, "temporarily_unavailable")
            assert answer.json()["code"] == "rate_limited"
            assert int(answer.headers["Retry-After"]) > 3000


class TestWithoutValkey:
    @pytest.fixture
    async def away(self, settings: Settings, resources: Resources, world: World) -> AsyncIterator[Resources]:
        update = {"rate_limits": True, "redis_url": SecretStr("redis://127.0.0.1:1/0")}
        async with open_resources(settings.model_copy(update=update)) as opened:
            yield replace(resources, limits=opened.limits, tally=Tally(opened.limits, rules.API))

    async def test_the_api_goes_on(self, away: Resources, world: World) -> None:
        anna = await world.person("anna")
        async with coming_from(away) as client:
            for headers in ({}, {"Authorization": f"Bearer {anna.token}"}):
                answer = await client.get(PUBLIC, headers=headers)
                assert answer.status_code == 200
                assert (answer.headers["X-RateLimit-Limit"], remaining(answer)) == ("300", 300)

    async def test_nobody_signs_up_or_guesses_passwords(self, away: Resources, world: World) -> None:
        await world.person("anna")
        app = await register(world.client)
        async with coming_from(away) as client:
            answer = await client.post("/api/v1/accounts", headers={"Authorization": f"Bearer {world.app_token}"})
            assert (answer.status_code, answer.json()["code"]) == (503, "limits_unavailable")
            assert int(answer.headers["Retry-After"]) > 0
        async with Browser(away) as browser:
            await browser.authorize(app)
            await browser.log_in()
            assert browser.page.status_code == 503
            assert int(browser.page.headers["Retry-After"]) > 0
            assert "@anna" not in browser.page.text


class TestCost:
    @pytest.fixture
    def calls(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
        made: list[int] = []
        run = valkey_limits.run

        async def counting_run(valkey: Valkey, script: Script, keys: Sequence[str], args: Sequence[int]) -> Any:
            made.append(len(keys))
            return await run(valkey, script, keys, args)

        monkeypatch.setattr(valkey_limits, "run", counting_run)
        return made

    async def test_is_one_round_trip_whatever_the_rules_and_no_statement(
        self, limited: Resources, world: World, calls: list[int]
    ) -> None:
        anna = await world.person("anna")
        headers = {"Authorization": f"Bearer {anna.token}"}
        spent = []
        for resources in (limited, replace(limited, limits=NoLimits(), tally=Tally(NoLimits(), rules.API))):
            statements: list[str] = []

            def note(_connection: Any, _cursor: Any, statement: str, *_: Any, kept: list[str] = statements) -> None:
                # Waking the worker happens after the answer, in the time of whichever request is next.
                if "pg_notify" not in statement:
                    kept.append(statement)

            event.listen(limited.db.engine.sync_engine, "before_cursor_execute", note)
            async with coming_from(resources) as client:
                await client.get("/api/v1/accounts/verify_credentials", headers=headers)
                await client.delete("/api/v1/statuses/1", headers=headers)
            event.remove(limited.db.engine.sync_engine, "before_cursor_execute", note)
            spent.append(statements)
        assert calls == [1, 2]
        assert spent[0] == spent[1]
        # The throttle and the route both want to know who is calling; this process knows it.
        assert not any("FROM tokens" in statement for statement in spent[0])
