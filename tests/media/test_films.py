"""Films, uploaded through HTTP to a service without ffmpeg."""

from collections.abc import Awaitable, Callable

import pytest

from app.settings import Settings
from tests.media.conftest import Upload
from tests.media.films import SECRETS, mp4, track
from tests.media.pictures import opened, picture
from tests.media.test_routes import kept
from tests.people import World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]


class TestUploadWithoutFfmpeg:
    @pytest.mark.parametrize("version", [1, 2])
    async def test_keeps_an_mp4_and_nothing_it_tells(
        self, world: World, upload: Upload, fetch: Fetch, version: int
    ) -> None:
        anna = await world.person("anna")

        media = await upload(anna, mp4(), version=version, name="me.jpg", kind="image/jpeg", description="一段视频")

        assert (media["type"], media["description"]) == ("video", "一段视频")
        assert media["url"].endswith(".mp4")
        original = media["meta"]["original"]
        assert (original["width"], original["height"], original["duration"]) == (640, 360, 3.0)
        assert original["frame_rate"] == "30/1"
        film = await fetch(media["url"])
        assert [secret for secret in SECRETS if secret in film] == []
        preview = opened(await fetch(media["preview_url"]))
        assert preview.size == (media["meta"]["small"]["width"], media["meta"]["small"]["height"]) == (640, 360)
        assert media["blurhash"]

    async def test_takes_a_preview_of_ones_own(
        self, world: World, upload: Upload, fetch: Fetch, settings: Settings
    ) -> None:
        anna = await world.person("anna")
        media = await upload(anna, mp4(), thumbnail=picture("PNG", (50, 50)))
        assert media["preview_url"].endswith(".png")
        assert media["meta"]["small"]["size"] == "50x50"
        assert len(kept(settings)) == 2

    @pytest.mark.parametrize(
        ("data", "error"),
        [
            (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "content type"),
            (mp4(brand=b"qt  "), "content type"),
            (mp4()[:-3], "content type"),
            (mp4(track(handler=b"soun")), "content type"),
            (mp4(track(3841, 2160)), "3841x2160 videos are not supported"),
            (mp4(track(frames=363)), "121fps videos are not supported"),
            (mp4(track(), track(handler=b"meta")), "tracks besides picture and sound"),
        ],
        ids=["webm", "quicktime", "cut", "sound", "large", "fast", "data"],
    )
    async def test_refuses_what_it_cannot_clean_or_show(
        self, world: World, upload: Upload, settings: Settings, data: bytes, error: str
    ) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, data, expect=422)
        assert error in refused["error"]
        assert refused["details"].keys() == {"file"}
        assert kept(settings) == []
