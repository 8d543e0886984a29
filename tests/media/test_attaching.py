"""Media on posts, and what becomes of media that no post takes."""

import os
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from app.accounts.queries import load_used_keys as load_used_picture_keys
from app.bootstrap import Resources
from app.kit.clock import now
from app.media.handlers import forget_unattached, sweep
from app.media.queries import load_used_keys
from app.settings import Settings
from tests.media.conftest import Upload
from tests.media.films import mp4
from tests.media.pictures import animation, picture
from tests.media.test_routes import kept
from tests.people import Person, World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]


async def posting(person: Person, *media: dict[str, Any], expect: int = 200) -> Any:
    return await person.post("/api/v1/statuses", {"status": "x", "media_ids": [m["id"] for m in media]}, expect=expect)


class TestAttach:
    async def test_shows_the_files_in_the_order_they_were_named(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        a, b, c = [await upload(anna, picture(size=(20 + number, 20))) for number in range(3)]
        status = await posting(anna, c, a, b)
        assert status["media_attachments"] == [c, a, b]

    async def test_without_words_makes_a_post(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture())
        status = await anna.post("/api/v1/statuses", {"media_ids": [media["id"]]})
        assert (status["content"], status["media_attachments"]) == ("", [media])

    async def test_refuses_others_and_what_is_used_or_unknown(self, world: World, upload: Upload) -> None:
        anna, bo = await world.people("anna", "bo")
        mine, used, theirs = await upload(anna, picture()), await upload(anna, picture()), await upload(bo, picture())
        await posting(anna, used)
        for media in (used, theirs, {"id": "1"}):
            refused = await posting(anna, mine, media, expect=422)
            assert refused["error"] == f"Media {media['id']} not found or already attached to another post"
        await posting(anna, mine)

    async def test_refuses_more_than_four_and_films_beside_others(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        several = [await upload(anna, picture(size=(9, 9))) for _ in range(5)]
        refused = await posting(anna, *several, expect=422)
        assert refused["error"] == "Cannot attach more than 4 files"
        refused = await posting(anna, several[0], await upload(anna, mp4()), expect=422)
        assert refused["error"] == "Cannot attach a video to a post that already contains images"

    async def test_refuses_what_is_not_processed_yet(self, world: World, upload: Upload, resources: Resources) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture())
        async with resources.db.transaction() as session:
            await session.execute(text("UPDATE media SET state = 'processing'"))
        refused = await posting(anna, media, expect=422)
        assert refused["error"].startswith("Cannot attach files that have not finished processing.")

    async def test_keeps_the_file_from_being_deleted(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture())
        await posting(anna, media)
        refused = await anna.request("DELETE", f"/api/v1/media/{media['id']}", expect=422)
        assert refused.json()["code"] == "media_in_use"
        await anna.request("PUT", f"/api/v1/media/{media['id']}", expect=200, json={"description": "后来"})
        await world.settle()
        assert await fetch(media["url"])


class TestTidying:
    async def test_forgets_what_no_post_took_for_a_day(
        self, world: World, upload: Upload, resources: Resources, settings: Settings, client: httpx2.AsyncClient
    ) -> None:
        anna = await world.person("anna")
        lone, used = await upload(anna, picture()), await upload(anna, picture())
        await posting(anna, used)
        for hours, gone in ((23, 0), (25, 1), (25, 0)):
            async with resources.db.transaction() as session:
                assert await forget_unattached(session, now=now() + timedelta(hours=hours)) == gone
        await world.settle()
        assert (await client.get(lone["url"])).status_code == 404
        assert (await client.get(used["url"])).status_code == 200
        assert len(kept(settings)) == 2

    async def test_sweeps_files_that_nothing_names(
        self, world: World, upload: Upload, resources: Resources, settings: Settings
    ) -> None:
        anna = await world.person("anna")
        await upload(anna, picture())
        await upload(anna, mp4())
        path = "/api/v1/accounts/update_credentials"
        await anna.request(
            "PATCH", path, expect=200, files={"avatar": ("a", animation(3)), "header": ("h", animation(3))}
        )
        named = kept(settings)
        orphan = await _orphan(resources)
        fresh = await _orphan(resources)
        for file in kept(settings):
            if file.name != fresh:
                os.utime(file, (time.time() - 90_000,) * 2)

        users = (load_used_keys, load_used_picture_keys)
        assert await sweep(resources.db, resources.media, users, now=now()) == 1

        assert resources.media.find(orphan) is None
        assert {file.name for file in kept(settings)} == {file.name for file in named} | {fresh}
        assert len(named) == 8, "what moves has a still of its own"


async def _orphan(resources: Resources) -> str:
    async with resources.media.workspace() as folder:
        (folder / "x").write_bytes(b"x")
        return await resources.media.keep(folder / "x", ending="jpg")
