"""What browsers and search engines fetch by name."""

from io import BytesIO

import httpx2
import pytest
from PIL import Image

pytestmark = pytest.mark.anyio


class TestTexts:
    @pytest.mark.parametrize(
        ("path", "words"),
        [("/about", "招聘信息须真实"), ("/privacy-policy", "Privacy policy"), ("/terms-of-service", "服务条款")],
    )
    async def test_are_pages_in_both_languages(self, client: httpx2.AsyncClient, path: str, words: str) -> None:
        page = await client.get(path)

        assert page.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert words in page.text

    async def test_are_where_the_instance_says(self, client: httpx2.AsyncClient) -> None:
        urls = (await client.get("/api/v2/instance")).json()["configuration"]["urls"]

        for name in ("about", "privacy_policy", "terms_of_service"):
            assert (await client.get(urls[name])).status_code == 200, name


class TestPictures:
    async def test_are_where_instance_and_manifest_say(self, client: httpx2.AsyncClient) -> None:
        instance = (await client.get("/api/v2/instance")).json()
        manifest = (await client.get("/manifest.json")).json()
        wanted = {instance["thumbnail"]["url"]: "1200x630", "/favicon.ico": "48x48"}
        wanted |= {icon["src"]: icon["size"] for icon in instance["icon"]}
        wanted |= {icon["src"]: icon["sizes"] for icon in manifest["icons"]}

        for url, size in wanted.items():
            response = await client.get(url)
            assert response.headers["content-type"] == "image/png", url
            assert "x".join(map(str, Image.open(BytesIO(response.content)).size)) == size

    @pytest.mark.parametrize("size", ["1", "100000", "x", "-1"])
    async def test_come_in_a_few_sizes_only(self, client: httpx2.AsyncClient, size: str) -> None:
        assert (await client.get(f"/icons/{size}.png")).status_code in (404, 422)


async def test_search_engines_are_kept_from_the_api(client: httpx2.AsyncClient) -> None:
    assert "Disallow: /api/" in (await client.get("/robots.txt")).text
