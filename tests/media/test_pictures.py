"""Pictures, uploaded through HTTP: what they become, and what of them is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PIL import Image, ImageCms

from tests.media.conftest import Upload
from tests.media.pictures import animation, encoded, opened, picture, png_that_claims, telling_exif
from tests.people import World

pytestmark = pytest.mark.anyio

Fetch = Callable[[str], Awaitable[bytes]]


class TestUpload:
    @pytest.mark.parametrize(
        ("format", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")], ids=["jpeg", "png", "webp"]
    )
    async def test_keeps_the_format_whatever_the_name_says(
        self, world: World, upload: Upload, fetch: Fetch, format: str, ending: str
    ) -> None:
        anna = await world.person("anna")

        media = await upload(anna, picture(format), name="film.mp4", kind="video/mp4", description=" 西湖 ")

        assert media["type"] == "image"
        assert media["url"].startswith("http://weizhi.test/media/")
        assert media["url"].endswith(f".{ending}")
        assert media["preview_url"].endswith(f".{ending}")
        assert media["description"] == "西湖"
        assert media["meta"]["original"] == {"width": 120, "height": 80, "size": "120x80", "aspect": 1.5}
        assert len(media["blurhash"]) == 36
        shown = opened(await fetch(media["url"]))
        assert (shown.format, shown.size) == (format, (120, 80))
        left, right = shown.convert("RGB").getpixel((20, 40)), shown.convert("RGB").getpixel((100, 40))
        assert left[0] > 200 > 60 > left[2]
        assert right[2] > 200 > 60 > right[0]

    async def test_answers_under_version_one_as_well(self, world: World, upload: Upload) -> None:
        (anna,) = await world.people("anna")
        media = await upload(anna, picture(), version=1)
        assert (await anna.get(f"/api/v1/media/{media['id']}")) == media

    async def test_scales_down_what_is_large_and_makes_a_preview(
        self, world: World, upload: Upload, fetch: Fetch
    ) -> None:
        anna = await world.person("anna")

        media = await upload(anna, picture("JPEG", (4400, 2200), quality=30))

        original, small = media["meta"]["original"], media["meta"]["small"]
        assert 8_200_000 < original["width"] * original["height"] <= 3840 * 2160
        assert 229_000 < small["width"] * small["height"] <= 640 * 360
        assert opened(await fetch(media["url"])).size == (original["width"], original["height"])
        assert opened(await fetch(media["preview_url"])).size == (small["width"], small["height"])

    @pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "LA", "I;16", "CMYK"])
    async def test_takes_every_kind_of_colours(self, world: World, upload: Upload, mode: str) -> None:
        anna = await world.person("anna")
        image = (
            Image.new("I;16", (30, 20), 40_000) if mode == "I;16" else Image.new("RGB", (30, 20), "teal").convert(mode)
        )
        await upload(anna, encoded(image, "JPEG" if mode == "CMYK" else "PNG"))

    async def test_keeps_what_is_see_through(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        media = await upload(anna, encoded(Image.new("RGBA", (20, 20), (0, 200, 0, 90)), "PNG"))
        assert opened(await fetch(media["url"])).getpixel((5, 5)) == (0, 200, 0, 90)

    async def test_takes_a_thumbnail_of_its_own(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        media = await upload(anna, picture("JPEG", (300, 300)), thumbnail=picture("PNG", (50, 50)))
        assert media["preview_url"].endswith(".png")
        assert (media["meta"]["small"]["width"], media["meta"]["original"]["width"]) == (50, 300)
        assert opened(await fetch(media["preview_url"])).size == (50, 50)


class TestPrivacy:
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
    async def test_leaves_out_all_that_is_not_the_picture(
        self, world: World, upload: Upload, fetch: Fetch, format: str
    ) -> None:
        anna = await world.person("anna")
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        extra: dict[str, Any] = {"comment": "SecretComment"} if format == "JPEG" else {}
        data = picture(
            format, exif=telling_exif(), icc_profile=profile, xmp=b"<x:xmpmeta>SecretXmp</x:xmpmeta>", **extra
        )
        before = opened(data)
        assert before.getexif().get_ifd(0x8825), "the picture tells where it was taken"
        assert b"SecretCamera" in data
        assert b"SecretXmp" in data or format == "PNG"

        media = await upload(anna, data)

        for url in (media["url"], media["preview_url"]):
            kept = await fetch(url)
            after = opened(kept)
            assert not after.getexif()
            assert not {"exif", "icc_profile", "xmp", "comment", "XML:com.adobe.xmp", "photoshop"} & after.info.keys()
            assert b"Secret" not in kept

    async def test_turns_upright_before_it_forgets_the_orientation(
        self, world: World, upload: Upload, fetch: Fetch
    ) -> None:
        anna = await world.person("anna")

        media = await upload(anna, picture("JPEG", (120, 80), exif=telling_exif(orientation=6)))

        shown = opened(await fetch(media["url"]))
        assert shown.size == (80, 120)
        top, bottom = shown.getpixel((40, 20)), shown.getpixel((40, 100))
        assert top[0] > 200
        assert bottom[2] > 200

    async def test_shows_the_colours_its_profile_means(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        image = Image.new("RGB", (8, 8), (120, 200, 90))

        media = await upload(anna, encoded(image, "PNG", icc_profile=swapped_profile()))

        shown = opened(await fetch(media["url"])).getpixel((4, 4))
        assert max(abs(a - b) for a, b in zip(shown, (200, 120, 90), strict=True)) <= 3

    async def test_leaves_out_what_is_hidden_behind_a_picture(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        page = b"<script>alert(1)</script>PK\x03\x04secret.zip"
        for format in ("JPEG", "PNG", "GIF", "WEBP"):
            media = await upload(anna, picture(format) + page, name="page.html", kind="text/html")
            assert page not in await fetch(media["url"])


def swapped_profile() -> bytes:
    """sRGB whose red and green are each other's: a profile whose effect cannot be overlooked."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = int.from_bytes(data[128:132], "big")
    places = {bytes(data[132 + 12 * n : 136 + 12 * n]): 132 + 12 * n for n in range(tags)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    data[red : red + 4], data[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(data)


class TestAnimation:
    async def test_stays_a_moving_picture(self, world: World, upload: Upload, fetch: Fetch) -> None:
        anna = await world.person("anna")
        for format, ending in (("GIF", ".gif"), ("WEBP", ".webp")):
            media = await upload(anna, animation(5, format=format))
            assert media["type"] == "image"
            assert media["url"].endswith(ending)
            assert opened(await fetch(media["url"])).n_frames == 5
            assert getattr(opened(await fetch(media["preview_url"])), "n_frames", 1) == 1

    async def test_with_thousands_of_frames_is_refused(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, animation(1100, (4, 4)), expect=422)
        assert refused["error"] == "The animation has too many frames"

    async def test_that_is_large_is_refused(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, animation(2, (1300, 800)), expect=422)
        assert refused["error"] == "1300x800 animations are not supported"


class TestRefusals:
    @pytest.mark.parametrize(
        "data",
        [
            b"hello",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7 ...",
            b"BM" + b"\x00" * 100,
            b"II*\x00" + b"\x00" * 100,
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
            b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif",
            b"ID3\x03\x00" + b"\x00" * 100,
            b"\xff\xd8\xff",
            b"\xff\xd8\xff" + b"\x00" * 5000,
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\xff\xff\xff\xffWEBPVP8 ",
            picture("JPEG", (600, 400))[:3000],
            picture("PNG", (600, 400), compress_level=0)[:3000],
            picture("GIF", (600, 400))[:1000],
            picture("WEBP", (600, 400))[:200],
        ],
        ids=lambda data: f"{data[:12]!r}-{len(data)}",
    )
    async def test_name_the_file_when_it_is_no_whole_picture(self, world: World, upload: Upload, data: bytes) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, data, name="photo.jpg", kind="image/jpeg", expect=422)
        assert refused["error"] == "Validation failed: File content type is invalid, File is invalid"
        assert refused["code"] == "validation_failed"
        assert refused["details"].keys() == {"file"}

    @pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (7681, 4321), (1, 2**31 - 1)])
    async def test_come_before_a_bomb_is_decoded(self, world: World, upload: Upload, width: int, height: int) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, png_that_claims(width, height), expect=422)
        assert refused["error"] == f"{width}x{height} images are not supported"

    async def test_come_when_a_picture_is_too_large(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, picture() + b"\x00" * 16 * 1024 * 1024, expect=422)
        assert refused["error"] == "Validation failed: File file size must be less than 16 MB"

    async def test_come_when_there_is_no_file(self, world: World) -> None:
        anna = await world.person("anna")
        for options in (
            {"json": {"description": "x"}},
            {"data": {"description": "x"}},
            {"data": {"file": "x"}},
            {"files": {"file": ("empty.jpg", b"")}},
        ):
            refused = await anna.request("POST", "/api/v2/media", expect=422, **options)
            assert refused.json()["details"]["file"][0]["error"] == "ERR_BLANK"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("focus", "2,0"),
            ("focus", "0,-1.01"),
            ("focus", "nan,0"),
            ("focus", "1"),
            ("focus", "a,b"),
            ("focus", "0,0,0"),
            ("description", "字" * 1501),
            ("description", "a\x00b"),
        ],
    )
    async def test_come_for_wrong_words(self, world: World, upload: Upload, field: str, value: str) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, picture(), expect=422, **{field: value})
        assert refused["code"] == "validation_failed"

    async def test_name_a_bad_thumbnail(self, world: World, upload: Upload) -> None:
        anna = await world.person("anna")
        refused = await upload(anna, picture(), thumbnail=b"no picture", expect=422)
        assert refused["details"].keys() == {"thumbnail"}
