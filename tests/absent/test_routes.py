"""What is not offered says so in the form apps expect."""

import httpx2
import pytest

from app.main import create_app
from tests.people import World

pytestmark = pytest.mark.anyio


class TestAbsent:
    async def test_lists_are_empty(self, world: World) -> None:
        (anna,) = await world.people("anna")

        for path in ("custom_emojis", "announcements", "trends/links", "instance/peers", "peers/search?q=a"):
            assert await anna.get(f"/api/v1/{path}") == [], path
        assert await anna.get("/api/v1/timelines/link", url="https://a.example/") == []
        assert await anna.get("/api/v1/instance/translation_languages") == {}
        assert await anna.get(f"/api/v1/accounts/{anna.id}/collections") == {"collections": []}
        assert await anna.get("/api/v1/annual_reports/2026/state") == {"state": "ineligible"}

    async def test_single_things_are_not_found(self, world: World) -> None:
        (anna,) = await world.people("anna")

        for method, path in (
            ("POST", "announcements/1/dismiss"),
            ("PUT", "announcements/1/reactions/👍"),
            ("GET", "collections/1"),
            ("GET", "annual_reports/2026"),
            ("GET", "accounts/1/collections"),
        ):
            answer = await anna.request(method, f"/api/v1/{path}", expect=404)
            assert answer.json() == {"error": "Record not found", "code": "not_found"}, path

    async def test_making_something_is_refused_with_a_reason(self, world: World) -> None:
        (anna,) = await world.people("anna")
        post = await anna.says("你好")

        assert (await anna.post("/api/v1/collections", {"name": "好人"}, expect=422))["code"] == "not_offered"
        refused = await anna.post(f"/api/v1/statuses/{post['id']}/translate", {"lang": "en"}, expect=404)
        assert refused["code"] == "translation_not_offered"

    @pytest.mark.parametrize("url", ["", "javascript:alert(1)", "a.example"])
    async def test_link_timelines_want_a_link(self, world: World, url: str) -> None:
        (anna,) = await world.people("anna")

        assert "url" in (await anna.get("/api/v1/timelines/link", url=url, expect=422))["details"]

    async def test_apps_alone_are_no_readers_of_announcements(self, world: World) -> None:
        app = {"Authorization": f"Bearer {world.app_token}"}

        refused = await world.client.get("/api/v1/announcements", headers=app)

        assert (refused.status_code, refused.json()["code"]) == (403, "account_required")

    async def test_nothing_is_a_campaign(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/api/v1/donation_campaigns")

        assert (answer.status_code, answer.content) == (204, b"")


def test_each_says_so_in_its_summary() -> None:
    document = create_app().openapi()
    operations = [
        operation
        for item in document["paths"].values()
        for operation in item.values()
        if operation["tags"] == ["not offered"]
    ]

    assert len(operations) > 20
    for operation in operations:
        words = operation["summary"].lower()
        assert any(word in words for word in ("not offered", "none", "not counted", "see /api")), operation["summary"]
