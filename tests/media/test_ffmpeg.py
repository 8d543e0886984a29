"""Films and animations, uploaded through HTTP to a service with ffmpeg, and worked on by its worker."""

import asyncio
import os
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.media import boxes
from app.media.ffmpeg import Ffmpeg
from app.media.transcoder import CannotConvert
from app.settings import Settings
from app.worker import make_relay
from tests.media.conftest import Upload
from tests.media.ffmpeg import program
from tests.media.films import mp4
from tests.media.pictures import animation, opened, picture
from tests.media.test_routes import kept
from tests.people import World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]
_SECRETS = (b"+30.2460", b"SecretTitle", b"SecretHandler")


@pytest.fixture(scope="session")
def ffmpeg() -> Path:
    return program()


@pytest.fixture
def resources(resources: Resources, ffmpeg: Path) -> Resources:
    return replace(resources, transcoder=Ffmpeg(ffmpeg))


@pytest.fixture
def film(ffmpeg: Path, tmp_path: Path) -> Callable[..., bytes]:
    """A test picture with sound, a place and a title."""

    def make(ending: str, *options: str, size: str = "321x181", video: str = "libx264") -> bytes:
        target = tmp_path / f"made.{ending}"
        sources = ("-f", "lavfi", "-i", f"testsrc=size={size}:rate=25:d=2", "-f", "lavfi", "-i", "sine=d=2")
        telling = ("-metadata", "location=+30.2460-120.1490/", "-metadata", "title=SecretTitle")
        named = ("-metadata:s:v", "handler_name=SecretHandler")
        command = [ffmpeg, "-v", "error", "-y", *sources, *telling, *named, "-c:v", video, *options, target]
        subprocess.run(command, check=True, timeout=60)
        return target.read_bytes()

    return make


async def settled(world: World, person: Any, media: dict[str, Any]) -> dict[str, Any]:
    """Once the worker is done; it was processing before."""
    assert (media["url"], media["meta"].get("original")) == (None, None)
    waiting = await person.request("GET", f"/api/v1/media/{media['id']}", expect=206)
    assert waiting.json() == media
    await world.settle()
    return await person.get(f"/api/v1/media/{media['id']}")


class TestUpload:
    async def test_of_webm_becomes_mp4(self, world: World, upload: Upload, fetch: Fetch, film: Any) -> None:
        anna = await world.person("anna")

        media = await settled(
            world, anna, await upload(anna, film("webm", video="libvpx"), expect=202, description="x")
        )

        assert (media["type"], media["description"]) == ("video", "x")
        assert media["url"].endswith(".mp4")
        original = media["meta"]["original"]
        assert (original["width"], original["height"], int(original["duration"])) == (320, 180, 2)
        assert original["frame_rate"] == "25/1"
        shown = opened(await fetch(media["preview_url"])).convert("RGB")
        assert len({shown.getpixel((x, 90)) for x in range(0, 320, 10)}) > 5, "a frame, not a blank field"
        assert (await fetch(media["url"]))[4:8] == b"ftyp"

    @pytest.mark.parametrize(("ending", "video"), [("mp4", "libx264"), ("mov", "libx264"), ("mp4", "mpeg4")])
    async def test_of_mp4_and_quicktime_keeps_the_film_alone(
        self,
        world: World,
        upload: Upload,
        fetch: Fetch,
        film: Any,
        settings: Settings,
        ending: str,
        video: str,
        tmp_path: Path,
    ) -> None:
        anna = await world.person("anna")
        data = film(
            ending,
            "-movflags",
            "use_metadata_tags",
            "-timecode",
            "01:00:00:00",
            "-pix_fmt",
            "yuv420p",
            size="320x180",
            video=video,
        )
        assert all(secret in data for secret in _SECRETS)

        media = await settled(world, anna, await upload(anna, data, expect=202))

        after = await fetch(media["url"])
        assert [secret for secret in _SECRETS if secret in after] == []
        (tmp_path / "after.mp4").write_bytes(after)
        tracks = boxes.read(tmp_path / "after.mp4").tracks
        assert [(track.handler, track.codec) for track in tracks] == [(b"vide", b"avc1"), (b"soun", b"mp4a")]
        assert len(kept(settings)) == 2, "the upload itself is gone"

    async def test_of_a_moving_gif_becomes_a_film_without_sound(self, world: World, upload: Upload, film: Any) -> None:
        anna = await world.person("anna")
        media = await upload(anna, animation(20, (61, 41)), expect=202)
        assert media["type"] == "gifv"
        assert media["preview_url"].endswith(".png")
        ready = await settled(world, anna, media)
        assert ready["url"].endswith(".mp4")
        assert ready["meta"]["original"]["size"] == "60x40"
        assert ready["preview_url"] == media["preview_url"]

    async def test_of_a_still_gif_stays_a_picture(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture("GIF"))
        assert (media["type"], media["url"][-4:]) == ("image", ".gif")

    async def test_keeps_the_thumbnail_that_came_with_it(self, world: World, upload: Upload, film: Any) -> None:
        anna = await world.person("anna")
        media = await upload(anna, film("webm", video="libvpx"), thumbnail=picture("PNG", (50, 50)), expect=202)
        ready = await settled(world, anna, media)
        assert ready["preview_url"] == media["preview_url"]
        assert (ready["meta"]["small"]["size"], ready["meta"]["original"]["size"]) == ("50x50", "320x180")

    async def test_under_version_one_waits_until_it_is_ready(self, world: World, upload: Upload, film: Any) -> None:
        anna = await world.person("anna")
        media = await upload(anna, film("webm", video="libvpx"), version=1)
        assert media["url"].endswith(".mp4")


class TestFailure:
    async def test_is_told_when_one_asks(self, world: World, upload: Upload, settings: Settings) -> None:
        anna = await world.person("anna")
        # Its boxes are right; what should be pictures is not.
        media = await upload(anna, mp4(), expect=202)
        await world.settle()
        refused = await anna.get(f"/api/v1/media/{media['id']}", expect=422)
        assert refused["code"] == "media_processing_failed"
        assert kept(settings) == []

    async def test_under_version_one_is_told_at_once(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, mp4(), version=1, expect=422)
        assert refused["details"].keys() == {"file"}

    async def test_of_a_deleted_upload_leaves_nothing(
        self, world: World, upload: Upload, film: Any, settings: Settings
    ) -> None:
        anna = await world.person("anna")
        media = await upload(anna, film("webm", video="libvpx"), expect=202)
        await anna.request("DELETE", f"/api/v1/media/{media['id']}", expect=200)
        await world.settle()
        assert kept(settings) == []

    async def test_of_a_worker_that_dies_does_not_lose_the_film(
        self, world: World, upload: Upload, film: Any, resources: Resources
    ) -> None:
        anna = await world.person("anna")
        media = await upload(anna, film("webm", video="libvpx"), expect=202)
        # A worker that took the task, and was not heard of again.
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE tasks SET state = 'leased', lease = 'gone', starts = 1, run_at = now()"))
        await world.settle()
        assert (await anna.get(f"/api/v1/media/{media['id']}"))["url"]


class TestLead:
    async def test_opens_no_playlist_and_no_network(self, ffmpeg: Path, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("secret")
        source = tmp_path / "upload"
        for content in (f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", "ffconcat version 1.0\nfile secret.txt\n"):
            source.write_text(content)
            for kind in ("mp4", "webm", "gif"):
                with pytest.raises(CannotConvert):
                    await Ffmpeg(ffmpeg).to_mp4(source, tmp_path / "o.mp4", kind=kind, copy=False, folder=tmp_path)

    async def test_is_killed_at_its_deadline_with_all_it_started(self, tmp_path: Path) -> None:
        slow = tmp_path / "slow"
        slow.write_text(f"#!/bin/sh\nsleep 600 & echo $! > {tmp_path}/child\nwait\n")
        slow.chmod(0o755)
        with pytest.raises(CannotConvert, match="took more than"):
            await Ffmpeg(slow)._run("x", seconds=1.0, folder=tmp_path)
        child = int((tmp_path / "child").read_text())
        # It is told at once, but to end takes it a moment; where nobody asks how it ended, it stays as a zombie.
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(child)
            try:
                async with asyncio.timeout(10):
                    await anyio.wait_readable(handle)
            finally:
                os.close(handle)

    async def test_gets_none_of_our_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEIZHI_DATABASE_URL", "postgresql://secret")
        seen = tmp_path / "seen"
        spy = tmp_path / "spy"
        spy.write_text(f"#!/bin/sh\nenv > {seen}\nulimit -a >> {seen}\n")
        spy.chmod(0o755)
        await Ffmpeg(spy)._run("x", seconds=10.0, folder=tmp_path)
        assert "secret" not in seen.read_text()
        assert "3145728" in seen.read_text(), "its memory is limited"


async def test_a_service_whose_worker_lost_its_ffmpeg_still_takes_mp4(
    world: World, upload: Upload, resources: Resources, client: httpx2.AsyncClient
) -> None:
    anna = await world.person("anna")
    media = await upload(anna, mp4(), expect=202)
    await make_relay(replace(resources, transcoder=None)).run_until_idle()
    assert (await anna.get(f"/api/v1/media/{media['id']}"))["type"] == "video"
