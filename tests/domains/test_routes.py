"""Domains one wants nothing of."""

from typing import Any

import pytest

from app.domains import service
from tests.people import World

pytestmark = pytest.mark.anyio

PATH = "/api/v1/domain_blocks"


class TestBlock:
    async def test_keeps_domains_in_one_form_the_last_first(self, world: World) -> None:
        anna, bo = await world.people("anna", "bo")

        for domain in ("a.example", "B.Example.", "例子.中国", "a.example", "c.example:8443"):
            assert await anna.post(PATH, {"domain": domain}) == {}

        assert await anna.get(PATH) == ["c.example:8443", "xn--fsqu00a.xn--fiqs8s", "b.example", "a.example"]
        assert await bo.get(PATH) == []

    @pytest.mark.parametrize(
        "domain",
        ["", "a", "a b.example", "https://a.example", "a..example", ".", "-a.example", "a@b.example", "x" * 254,
         "a.example/x", f"{'a' * 64}.example", "a.example\x00", "weizhi.test", "WEIZHI.test.", "weizhi.test:80"],
    )  # fmt: skip
    async def test_refuses_what_is_no_domain_and_our_own(self, world: World, domain: str) -> None:
        (anna,) = await world.people("anna")

        refused = await anna.request("POST", PATH, json={"domain": domain})

        assert refused.status_code == 422, refused.text
        assert await anna.get(PATH) == []

    async def test_has_an_end(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_DOMAINS", 1)
        (anna,) = await world.people("anna")
        await anna.post(PATH, {"domain": "a.example"})

        assert (await anna.post(PATH, {"domain": "b.example"}, expect=422))["code"] == "too_many_domains"


class TestUnblock:
    @pytest.mark.parametrize(
        "options",
        [
            {"json": {"domain": "A.example"}},
            {"params": {"domain": "a.example"}},
            {"data": {"domain": "a.example"}},
        ],
    )
    async def test_takes_the_domain_wherever_apps_put_it(self, world: World, options: dict[str, Any]) -> None:
        (anna,) = await world.people("anna")
        await anna.post(PATH, {"domain": "a.example"})

        for _ in range(2):
            assert (await anna.request("DELETE", PATH, expect=200, **options)).json() == {}

        assert await anna.get(PATH) == []

    async def test_needs_a_domain(self, world: World) -> None:
        (anna,) = await world.people("anna")

        refused = await anna.request("DELETE", PATH, expect=422)

        assert refused.json()["details"]["domain"][0]["error"] == "ERR_BLANK"


class TestList:
    async def test_pages_by_links(self, world: World) -> None:
        (anna,) = await world.people("anna")
        for number in range(5):
            await anna.post(PATH, {"domain": f"{number}.example.org"})

        found, url = [], f"{PATH}?limit=2"
        while url:
            response = await anna.request("GET", url, expect=200)
            found += response.json()
            url = response.links.get("next", {}).get("url")

        assert found == [f"{number}.example.org" for number in (4, 3, 2, 1, 0)]
