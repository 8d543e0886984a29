"""What the service says of itself, read as apps read it."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app import __version__
from app.bootstrap import Resources
from app.instance.about import load_text
from tests.contract.test_entities import needs_schema, problems
from tests.people import World
from tests.service import service

pytestmark = pytest.mark.anyio


async def get(client: httpx2.AsyncClient, path: str, expect: int = 200, **params: Any) -> Any:
    response = await client.get(path, params=params)
    assert response.status_code == expect, response.text
    return response.json()


class TestInstance:
    async def test_tells_apps_what_they_look_for(self, client: httpx2.AsyncClient) -> None:
        v2 = await get(client, "/api/v2/instance")

        assert v2["domain"] == "weizhi.test"
        assert v2["version"] == f"4.5.0 (compatible; Weizhi {__version__})"
        assert v2["api_versions"] == {"mastodon": 7, "weizhi": 1}
        assert v2["configuration"]["urls"]["streaming"] == "ws://weizhi.test"
        assert v2["configuration"]["statuses"] == {
            "max_characters": 2000,
            "max_media_attachments": 4,
            "characters_reserved_per_url": 23,
        }
        assert v2["configuration"]["translation"] == {"enabled": False}
        assert "public_key" in v2["configuration"]["vapid"]
        assert v2["registrations"]["enabled"] is True
        assert v2["languages"] == ["zh", "en"]
        assert v2["contact"] == {"email": "admin@weizhi.test", "account": None}

    async def test_says_in_its_older_form_the_same(self, client: httpx2.AsyncClient) -> None:
        v1, v2 = await get(client, "/api/v1/instance/"), await get(client, "/api/v2/instance/")

        assert (v1["uri"], v1["version"], v1["rules"]) == (v2["domain"], v2["version"], v2["rules"])
        assert v1["urls"]["streaming_api"] == "ws://weizhi.test"
        for part, limits in v1["configuration"].items():
            assert limits == v2["configuration"][part]

    async def test_names_the_port_and_streams_over_tls_where_people_come_by_tls(self, resources: Resources) -> None:
        site = replace(resources.site, url="https://weizhi.test:8443", domain="weizhi.test:8443")
        transport = httpx2.ASGITransport(app=service(replace(resources, site=site)))
        async with httpx2.AsyncClient(transport=transport, base_url="https://weizhi.test:8443") as client:
            v1 = await get(client, "/api/v1/instance")

        assert v1["uri"] == "weizhi.test:8443"
        assert v1["urls"]["streaming_api"] == "wss://weizhi.test:8443"
        assert v1["email"] == "admin@weizhi.test"

    async def test_counts_people_and_posts(self, world: World, resources: Resources) -> None:
        anna, _ = await world.people("anna", "bo")
        await anna.says("一")
        await anna.says("二")

        v1, v2 = await get(world.client, "/api/v1/instance"), await get(world.client, "/api/v2/instance")

        assert v1["stats"] == {"user_count": 2, "status_count": 2, "domain_count": 0}
        assert v2["usage"] == {"users": {"active_month": 1}}

    async def test_keeps_its_numbers_for_a_while(self, world: World) -> None:
        (anna,) = await world.people("anna")
        await get(world.client, "/api/v1/instance")
        await anna.says("一")

        assert (await get(world.client, "/api/v1/instance"))["stats"]["status_count"] == 0

    async def test_names_the_account_to_ask(self, world: World, resources: Resources) -> None:
        (anna,) = await world.people("anna")
        asked = replace(resources, about=replace(resources.about, contact_account="anna", contact_email="a@b.example"))
        transport = httpx2.ASGITransport(app=service(asked))
        async with httpx2.AsyncClient(transport=transport, base_url="http://weizhi.test") as client:
            contact = (await get(client, "/api/v2/instance"))["contact"]

        assert (contact["email"], contact["account"]["id"]) == ("a@b.example", anna.id)

    @needs_schema
    async def test_is_what_mastodons_schema_says(self, client: httpx2.AsyncClient) -> None:
        for path, entity in {
            "/api/v2/instance": "Instance",
            "/api/v1/instance": "V1Instance",
            "/api/v1/instance/extended_description": "ExtendedDescription",
            "/api/v1/instance/privacy_policy": "PrivacyPolicy",
            "/api/v1/instance/terms_of_service": "TermsOfService",
        }.items():
            assert problems(entity, await get(client, path)) == [], path
        for rule in await get(client, "/api/v1/instance/rules"):
            assert problems("Rule", rule) == []


class TestParts:
    async def test_rules_come_in_both_languages(self, client: httpx2.AsyncClient) -> None:
        rules = await get(client, "/api/v1/instance/rules")

        assert [rule["id"] for rule in rules] == ["1", "2", "3"]
        assert set(rules[0]["translations"]) == {"zh-CN", "en"}
        assert rules[0]["translations"]["zh-CN"]["text"] in rules[0]["text"]

    async def test_activity_tells_twelve_weeks_this_one_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")
        for text in ("一", "二"):
            await anna.says(text)
        await bo.says("三")

        weeks = await get(world.client, "/api/v1/instance/activity")

        assert len(weeks) == 12
        starts = [int(week["week"]) for week in weeks]
        assert {newer - older for newer, older in pairwise(starts)} == {7 * 86_400}
        assert {**weeks[0], "week": ""} == {"week": "", "statuses": "3", "logins": "2", "registrations": "2"}
        assert weeks[1]["statuses"] == "0"

    async def test_terms_of_another_date_are_not_kept(self, client: httpx2.AsyncClient) -> None:
        terms = await get(client, "/api/v1/instance/terms_of_service")

        assert await get(client, f"/api/v1/instance/terms_of_service/{terms['effective_date']}") == terms
        assert (await get(client, "/api/v1/instance/terms_of_service/1999-01-01", expect=404))["code"] == "not_found"

    def test_the_operators_texts_replace_ours(self, tmp_path: Path) -> None:
        (tmp_path / "privacy.html").write_text("<p>我们的隐私政策</p>", encoding="utf-8")

        assert load_text("privacy", tmp_path).html == "<p>我们的隐私政策</p>"
        assert load_text("terms", tmp_path) == load_text("terms", None)


class TestDiscovery:
    async def test_node_info_is_found_and_read(self, world: World) -> None:
        await world.people("anna")
        (link,) = (await get(world.client, "/.well-known/nodeinfo"))["links"]
        info = await get(world.client, link["href"])

        assert link["rel"].endswith("/2.0")
        assert info["software"] == {"name": "weizhi", "version": __version__}
        assert info["usage"] == {"users": {"total": 1, "activeMonth": 0, "activeHalfyear": 0}, "localPosts": 0}
        assert info["openRegistrations"] is True
        # The schema of NodeInfo 2.0 wants one of a few names here.
        assert info["protocols"] == ["activitypub"]
        assert info["metadata"]["federation"] == {"enabled": False}

    @pytest.mark.parametrize("resource", ["acct:Anna@weizhi.test", "anna@weizhi.test", "http://weizhi.test/@anna"])
    async def test_webfinger_finds_our_accounts(self, world: World, resource: str) -> None:
        await world.people("anna")
        response = await world.client.get("/.well-known/webfinger", params={"resource": resource})

        assert response.headers["content-type"].startswith("application/jrd+json")
        assert response.json()["subject"] == "acct:anna@weizhi.test"
        assert response.json()["aliases"] == ["http://weizhi.test/@anna"]

    @pytest.mark.parametrize(
        ("resource", "status"),
        [
            ("acct:anna@elsewhere.test", 404),
            ("acct:nobody@weizhi.test", 404),
            ("http://elsewhere.test/@anna", 404),
            ("anna", 400),
            ("acct:@weizhi.test", 400),
            ("http://[", 400),
        ],
    )
    async def test_webfinger_refuses_the_rest(self, world: World, resource: str, status: int) -> None:
        await world.people("anna")

        await get(world.client, "/.well-known/webfinger", expect=status, resource=resource)

    async def test_host_meta_points_to_webfinger(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/.well-known/host-meta")

        assert response.headers["content-type"].startswith("application/xrd+xml")
        assert "http://weizhi.test/.well-known/webfinger?resource={uri}" in response.text

    async def test_health_answers_as_mastodons_does(self, client: httpx2.AsyncClient) -> None:
        response = await client.get("/health")

        assert (response.status_code, response.text) == (200, "OK")
