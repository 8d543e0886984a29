"""Looking after one's media through HTTP, and the files themselves."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from app.bootstrap import Resources
from app.media.store import SOURCE
from app.settings import Settings
from tests.media.conftest import Upload
from tests.media.pictures import opened, picture
from tests.people import World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]


def kept(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.media_folder.rglob("*") if path.is_file())


class TestChange:
    async def test_changes_words_and_focus_and_keeps_the_rest(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture(), description="a")

        changed = (
            await anna.request("PUT", f"/api/v1/media/{media['id']}", expect=200, json={"focus": "-0.5,1"})
        ).json()
        described = (
            await anna.request("PUT", f"/api/v1/media/{media['id']}", expect=200, data={"description": "b"})
        ).json()

        assert changed == {**media, "meta": {**media["meta"], "focus": {"x": -0.5, "y": 1.0}}}
        assert described == {**changed, "description": "b"}

    async def test_takes_another_preview_and_removes_the_old(
        self, world: World, upload: Upload, fetch: Fetch, client: httpx2.AsyncClient
    ) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture())

        files = {"thumbnail": ("t", picture("PNG", (40, 40)))}
        changed = (await anna.request("PUT", f"/api/v1/media/{media['id']}", expect=200, files=files)).json()
        await world.settle()

        assert (changed["url"], changed["meta"]["small"]["size"]) == (media["url"], "40x40")
        assert opened(await fetch(changed["preview_url"])).size == (40, 40)
        assert (await client.get(media["preview_url"])).status_code == 404

    async def test_and_all_else_is_for_the_owner_only(self, world: World, upload: Upload) -> None:
        anna, bo = await world.people("anna", "bo")
        media = await upload(anna, picture())
        for method in ("GET", "PUT", "DELETE"):
            await bo.request(method, f"/api/v1/media/{media['id']}", expect=404)
            refused = await world.client.request(method, f"/api/v1/media/{media['id']}")
            assert refused.status_code == 401


class TestDelete:
    async def test_removes_the_row_and_soon_the_files(
        self, world: World, upload: Upload, settings: Settings, client: httpx2.AsyncClient
    ) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture())
        assert len(kept(settings)) == 2

        assert (await anna.request("DELETE", f"/api/v1/media/{media['id']}", expect=200)).json() == {}
        await world.settle()

        assert kept(settings) == []
        await anna.get(f"/api/v1/media/{media['id']}", expect=404)
        assert (await client.get(media["url"])).status_code == 404


class TestUploads:
    async def test_are_for_those_who_are_known(self, world: World, client: httpx2.AsyncClient) -> None:
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            refused = await client.post("/api/v2/media", headers=headers, files={"file": ("a", picture())})
            assert refused.status_code == 401
        refused = await client.post(
            "/api/v2/media",
            headers={"Authorization": f"Bearer {world.app_token}"},
            files={"file": ("a", picture())},
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "account_required")

    async def test_of_strangers_are_refused_before_they_are_read(self, client: httpx2.AsyncClient) -> None:
        read = 0

        async def body():  # type: ignore[no-untyped-def]
            nonlocal read
            for _ in range(50):
                read += 1
                yield b"x" * 1024

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        refused = await client.post("/api/v2/media", headers=headers, content=body())
        assert refused.status_code == 401
        assert read <= 1

    async def test_leave_nothing_behind_when_refused(self, world: World, upload: Upload, settings: Settings) -> None:
        anna = await world.person("anna")
        await upload(anna, b"no picture", expect=422)
        await upload(anna, picture()[:500], expect=422)
        assert kept(settings) == []
        assert list((settings.media_folder / "work").iterdir()) == []

    async def test_take_no_file_in_other_fields_or_more_than_there_are(self, world: World) -> None:
        anna = await world.person("anna")
        refused = await anna.request("POST", "/api/v2/media", files={"other": ("a", picture())})
        assert (refused.status_code, refused.json()["details"].keys()) == (422, {"other"})
        many = [("file", ("a", picture())) for _ in range(5)]
        refused = await anna.request("POST", "/api/v2/media", files=many)
        assert refused.status_code == 400

    async def test_are_cut_off_at_the_limit(self, world: World) -> None:
        anna = await world.person("anna")
        body = b"x" * 1024 * 1024

        async def endless():  # type: ignore[no-untyped-def]
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            for _ in range(200):
                yield body

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        refused = await anna.request("POST", "/api/v2/media", headers=headers, content=endless())
        assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")

    async def test_may_not_hide_long_words_in_plain_fields(self, world: World) -> None:
        anna = await world.person("anna")
        refused = await anna.request(
            "POST", "/api/v2/media", files={"file": ("a", picture()), "description": (None, "x" * 100_000)}
        )
        assert refused.status_code == 400

    async def test_are_refused_elsewhere(self, world: World) -> None:
        anna = await world.person("anna")
        refused = await anna.request("POST", "/api/v1/statuses", files={"status": ("a", picture())})
        assert refused.status_code == 422


class TestFiles:
    async def test_are_served_for_good_and_do_nothing(
        self, world: World, upload: Upload, client: httpx2.AsyncClient
    ) -> None:
        media = await upload(await world.person("anna"), picture())
        served = await client.get(media["url"])
        assert served.headers["content-type"] == "image/jpeg"
        assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["content-security-policy"].startswith("default-src 'none'")
        assert served.headers["access-control-allow-origin"] == "*"
        assert served.headers["etag"]
        assert "content-disposition" not in served.headers

    async def test_are_served_in_ranges(self, world: World, upload: Upload, client: httpx2.AsyncClient) -> None:
        media = await upload(await world.person("anna"), picture())
        whole = (await client.get(media["url"])).content

        part = await client.get(media["url"], headers={"Range": "bytes=10-19"})
        last = await client.get(media["url"], headers={"Range": "bytes=-5"})
        beyond = await client.get(media["url"], headers={"Range": "bytes=99999999-"})
        head = await client.head(media["url"])

        assert (part.status_code, part.content) == (206, whole[10:20])
        assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
        assert last.content == whole[-5:]
        assert beyond.status_code == 416
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole)))

    async def test_as_they_came_are_never_served(self, client: httpx2.AsyncClient, resources: Resources) -> None:
        async with resources.media.workspace() as folder:
            (folder / "x").write_bytes(picture())
            key = await resources.media.keep(folder / "x", ending=SOURCE)
        assert resources.media.find(key)
        assert (await client.get(f"/media/{key}")).status_code == 404

    @pytest.mark.parametrize(
        "key",
        [
            "../../etc/passwd",
            "..%2f..%2fetc%2fpasswd",
            "%2e%2e/%2e%2e/etc/passwd",
            "work/x",
            "0" * 32,
            "0" * 32 + ".jpg",
            "0" * 32 + ".source",
            "0" * 32 + ".jpg/",
            "0" * 32 + ".jpg%0a",
            "A" * 32 + ".jpg",
            "x" * 500,
            "",
        ],
    )
    async def test_are_found_by_their_key_alone(self, client: httpx2.AsyncClient, settings: Settings, key: str) -> None:
        (settings.media_folder / "work").mkdir(parents=True)
        (settings.media_folder / "work" / "x").write_bytes(b"secret")
        found = await client.get(f"/media/{key}")
        assert found.status_code in (404, 422)
        assert b"secret" not in found.content
