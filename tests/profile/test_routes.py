"""One's own account as settings."""

import base64

import pytest

from app.pages.pictures import icon
from tests.contract.test_entities import SCHEMA, validator
from tests.people import World

pytestmark = pytest.mark.anyio


class TestPreferences:
    async def test_tell_how_one_posts_and_reads(self, world: World) -> None:
        (anna,) = await world.people("anna")

        preferences = await anna.get("/api/v1/preferences")

        assert preferences == {
            "posting:default:visibility": "public",
            "posting:default:sensitive": False,
            "posting:default:language": "zh",
            "posting:default:quote_policy": "public",
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
            "reading:home:order": None,
            "reading:log:exposures": True,
            "weizhi:referrals:public": True,
        }
        if SCHEMA.exists():
            validator("Preferences").validate(preferences)


class TestProfile:
    async def test_is_told_as_it_was_typed(self, world: World) -> None:
        (anna,) = await world.people("anna")
        typed = {
            "display_name": "安娜",
            "note": "你好 #话题#",
            "fields_attributes": [{"name": "站", "value": "a.example"}],
        }
        await anna.request("PATCH", "/api/v1/accounts/update_credentials", json=typed, expect=200)

        profile = await anna.get("/api/v1/profile")

        assert (profile["id"], profile["display_name"], profile["note"]) == (anna.id, "安娜", "你好 #话题#")
        assert profile["fields"] == [{"name": "站", "value": "a.example", "verified_at": None}]
        assert (profile["avatar"], profile["avatar_description"]) == (None, "")
        if SCHEMA.exists():
            validator("Profile").validate(profile)

    async def test_changes_what_is_given_and_keeps_the_rest(self, world: World) -> None:
        (anna,) = await world.people("anna")
        await anna.request("PATCH", "/api/v1/profile", json={"note": "一", "bot": True}, expect=200)

        changed = await anna.request(
            "PATCH", "/api/v1/profile", json={"display_name": "安娜", "avatar": _DOT, "locked": True}, expect=200
        )

        profile = changed.json()
        assert (profile["display_name"], profile["note"], profile["bot"], profile["locked"]) == (
            "安娜",
            "一",
            True,
            True,
        )
        assert (await world.client.get(profile["avatar"])).headers["content-type"].startswith("image/")
        assert await anna.get("/api/v1/profile") == profile
        assert "avatar" in (await anna.request("PATCH", "/api/v1/profile", json={"avatar": "x"})).json()["details"]


_DOT = "data:image/png;base64," + base64.b64encode(icon(48)).decode()
