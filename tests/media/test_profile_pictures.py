"""Avatars and headers, through HTTP."""

import base64
from collections.abc import Awaitable, Callable

import httpx2
import pytest

from app.settings import Settings
from tests.media.pictures import animation, opened, picture, telling_exif
from tests.media.test_routes import kept
from tests.people import World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]
PATH = "/api/v1/accounts/update_credentials"


class TestUpdate:
    async def test_crops_to_size_and_keeps_the_words(self, world: World, fetch: Fetch) -> None:
        anna = await world.person("anna")
        data = picture("JPEG", (600, 900), exif=telling_exif())

        answer = await anna.request(
            "PATCH",
            PATH,
            expect=200,
            files={"avatar": ("a.jpg", data), "header": ("h.jpg", data)},
            data={"display_name": "安娜", "avatar_description": "西湖边", "fields_attributes[0][name]": "x"},
        )

        account = answer.json()
        assert (account["display_name"], account["avatar_description"]) == ("安娜", "西湖边")
        assert account["avatar"] == account["avatar_static"]
        avatar = await fetch(account["avatar"])
        assert (opened(avatar).size, opened(await fetch(account["header"])).size) == ((400, 400), (1500, 500))
        assert b"SecretCamera" not in avatar
        assert (await world.client.get(f"/api/v1/accounts/{anna.id}")).json()["avatar"] == account["avatar"]

    @pytest.mark.parametrize("encoding", ["json", "data", "files"])
    async def test_takes_data_uris(self, world: World, fetch: Fetch, encoding: str) -> None:
        anna = await world.person("anna")
        noise = picture("PNG", (1200, 1200), compress_level=0)
        assert len(noise) > 4_000_000
        uri = "data:image/png;base64," + base64.b64encode(noise).decode()
        value = (None, uri) if encoding == "files" else uri

        account = (await anna.request("PATCH", PATH, expect=200, **{encoding: {"avatar": value}})).json()

        assert opened(await fetch(account["avatar"])).size == (400, 400)

    async def test_of_a_moving_avatar_keeps_a_still(self, world: World, fetch: Fetch) -> None:
        anna = await world.person("anna")
        account = (await anna.request("PATCH", PATH, expect=200, files={"avatar": ("a", animation(3))})).json()
        assert account["avatar"].endswith(".gif")
        assert opened(await fetch(account["avatar"])).n_frames == 3
        assert opened(await fetch(account["avatar_static"])).format == "PNG"

    async def test_removes_the_picture_before(self, world: World, settings: Settings) -> None:
        anna = await world.person("anna")
        for _ in range(3):
            await anna.request("PATCH", PATH, expect=200, files={"avatar": ("a", picture())})
        await world.settle()
        assert len(kept(settings)) == 1

    @pytest.mark.parametrize("name", ["avatar", "header"])
    async def test_refuses_what_is_no_picture_by_the_field(self, world: World, name: str) -> None:
        anna = await world.person("anna")
        big = picture() + b"\x00" * 8 * 1024 * 1024
        for options in (
            {"files": {name: ("a.png", b"no picture")}},
            {"files": {name: ("a.png", big)}},
            {"json": {name: "data:image/png;base64,!!!"}},
            {"json": {name: "data:image/png;base64,aGVsbG8="}},
            {"json": {name: "https://example.com/a.png"}},
            {"json": {f"{name}_description": "x" * 151}},
        ):
            refused = await anna.request("PATCH", PATH, expect=422, **options)
            assert refused.json()["code"] == "validation_failed"
            assert all(field.startswith(name) for field in refused.json()["details"])


class TestDelete:
    @pytest.mark.parametrize("name", ["avatar", "header"])
    async def test_goes_back_to_the_default(
        self, world: World, client: httpx2.AsyncClient, settings: Settings, name: str
    ) -> None:
        anna = await world.person("anna")
        before = await anna.get("/api/v1/accounts/verify_credentials")
        await anna.request("PATCH", PATH, expect=200, files={name: ("a", picture())})

        after = (await anna.request("DELETE", f"/api/v1/profile/{name}", expect=200)).json()
        await world.settle()

        assert after == before
        assert kept(settings) == []
        await anna.request("DELETE", f"/api/v1/profile/{name}", expect=200)
        assert (await client.delete(f"/api/v1/profile/{name}")).status_code == 401
