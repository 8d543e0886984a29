"""What is in memory is said without a task; what two requests of one reader learn at the same time is known after."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
import pytest

from app.bootstrap import Resources
from app.express.express import Express
from app.kit.pagination import Page
from app.kit.wire_protocol import Later, Said, Saying
from app.settings import Settings
from tests.people import Person, World
from tests.service import service

# The question to PostgreSQL alone would come between the two.
pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]


async def test_what_one_did_with_posts_read_at_once_is_known(world: World) -> None:
    reader, author, other = await world.people("reader", "author", "other")
    first, second, third = [await author.says(word) for word in ("一", "二", "三")]
    for post in (first, second):
        await reader.post(f"/api/v1/statuses/{post['id']}/favourite")
    await reader.get(f"/api/v1/statuses/{third['id']}")
    await asyncio.gather(*(reader.get(f"/api/v1/statuses/{post['id']}") for post in (first, second)))
    for post in (first, second):
        await other.post(f"/api/v1/statuses/{post['id']}/favourite")
    read = [await reader.get(f"/api/v1/statuses/{post['id']}") for post in (first, second)]
    assert [(post["favourited"], post["favourites_count"]) for post in read] == [(True, 2), (True, 2)]


class TestAtOnce:
    """Against `__call__`, which every test of the suite holds against PostgreSQL."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limits": True})

    @pytest.fixture
    def express(self, client: httpx2.AsyncClient, resources: Resources) -> Express:
        return service(resources)

    @staticmethod
    def said(express: Express, reader: Person, url: str, **more: str) -> Saying:
        given = {"authorization": f"Bearer {reader.token}", **more}
        return express.at_once(url.encode(), [(name.encode(), value.encode()) for name, value in given.items()])

    def ask(self, express: Express, reader: Person, url: str, **more: str) -> tuple[dict[str, str], bytes] | None:
        """What is said without waiting."""
        said = self.said(express, reader, url, **more)
        if isinstance(said, Coroutine):
            said.close()
            return None
        return None if isinstance(said, Later) else self.told(said)

    @staticmethod
    async def come(later: Later) -> Saying:
        """What there is to say when it comes."""
        coming: asyncio.Future[Saying] = asyncio.get_running_loop().create_future()
        later.then(coming.set_result)
        return await coming

    async def found(self, saying: Saying) -> Said:
        """What is said in the end."""
        if isinstance(saying, Later):
            saying = await self.come(saying)
        assert not isinstance(saying, Later)
        return await saying if isinstance(saying, Coroutine) else saying

    @staticmethod
    def told(said: Said) -> tuple[dict[str, str], bytes] | None:
        if said is None:
            return None
        lines = said[0].decode().removesuffix("\r\n").split("\r\n")
        return dict(line.split(": ", 1) for line in lines), b"".join(said[1])

    async def test_says_what_the_lane_says(self, world: World, express: Express) -> None:
        reader, author = await world.people("reader", "author")
        await reader.follows(author)
        post = await author.says("招聘后端 #微职#")
        await world.settle()
        pages = "home?limit=20", "public", f"tag/{quote('微职')}"
        for url in (*(f"/api/v1/timelines/{page}" for page in pages), f"/api/v1/statuses/{post['id']}"):
            assert self.ask(express, reader, url) is None
            asked = {"Authorization": f"Bearer {reader.token}", "X-Request-Id": "my-own-id", "Origin": "https://a.test"}
            # A feed is remembered from its second reading on.
            told = [await world.client.get(url, headers=asked) for _ in range(2)][1]
            said = self.ask(express, reader, url, **{"x-request-id": "my-own-id", "origin": "https://a.test"})
            assert said is not None
            headers, body = said
            assert body == told.content
            moving = "x-ratelimit-remaining", "x-ratelimit-reset"
            assert {k: v for k, v in headers.items() if k not in moving} == {
                k: v for k, v in told.headers.items() if k not in moving
            }
            assert set(headers) == set(told.headers)

    async def test_is_silent_when_anything_changed_or_is_unknown(self, world: World, express: Express) -> None:
        reader, author = await world.people("reader", "author")
        url = "/api/v1/timelines/public"
        await reader.get(url)
        assert self.ask(express, reader, url)
        assert self.ask(express, author, url) is None
        assert self.ask(express, reader, url + "?local=true") is None
        assert self.ask(express, reader, url, authorization="Bearer nobody") is None
        assert self.ask(express, reader, "/api/v1/timelines/pub%6cic%3f") is None
        await author.says("新的")
        assert self.ask(express, reader, url) is None
        await reader.get(url)
        assert self.ask(express, reader, url)
        mine = {key: world.app[key] for key in ("client_id", "client_secret")}
        revoked = await world.client.post("/oauth/revoke", data={"token": reader.token, **mine})
        assert revoked.status_code == 200
        assert self.ask(express, reader, url) is None

    async def test_says_anew_what_has_changed(self, world: World, express: Express) -> None:
        reader, author = await world.people("reader", "author")
        await reader.follows(author)
        posts = [await author.says("一")]
        await world.settle()
        url = "/api/v1/timelines/home"
        for _ in range(2):
            await reader.get(url)
        posts.append(await author.says("二"))
        await world.settle()
        await reader.post(f"/api/v1/statuses/{posts[0]['id']}/favourite")
        anew = self.said(express, reader, url)
        assert isinstance(anew, Later)
        told = self.told(await self.found(anew))
        assert told
        assert [(post["id"], post["favourited"]) for post in orjson.loads(told[1])] == [
            (posts[1]["id"], False),
            (posts[0]["id"], True),
        ]
        answer = await world.client.get(url, headers={"Authorization": f"Bearer {reader.token}"})
        assert (told[1], told[0]["link"]) == (answer.content, answer.headers["link"])
        assert told[0].keys() == answer.headers.keys()
        # Nothing but counters has changed: they are asked for.
        other = await world.person("other")
        await other.post(f"/api/v1/statuses/{posts[1]['id']}/favourite")
        anew = self.said(express, reader, url)
        assert isinstance(anew, Later)
        told = self.told(await self.found(anew))
        assert told
        assert [post["favourites_count"] for post in orjson.loads(told[1])] == [1, 1]
        # Who may not ask any more is told so by the routes.
        mine = {key: world.app[key] for key in ("client_id", "client_secret")}
        await world.client.post("/oauth/revoke", data={"token": reader.token, **mine})
        assert await self.found(self.said(express, reader, url)) is None

    async def test_says_what_others_have_read_as_soon_as_the_feed_is_there(
        self, world: World, express: Express
    ) -> None:
        reader, other, author = await world.people("reader", "other", "author")
        url = "/api/v1/timelines/home?limit=20"
        for one in (reader, other):
            await one.follows(author)
            await world.settle()
        posts = [await author.says(word) for word in ("一", "二")]
        await world.settle()
        for one in (reader, other) * 2:
            await one.get(url)
        posts.append(await author.says("三"))
        await world.settle()
        await other.get(url)
        asked = self.said(express, reader, url)
        assert isinstance(asked, Later)
        said = await self.come(asked)
        assert isinstance(said, tuple)
        await self.is_what_the_lane_says(said, world, reader, url)
        # What is remembered of the feed has not changed, and others have seen the new counters.
        for post in posts[1:]:
            await other.post(f"/api/v1/statuses/{post['id']}/favourite")
        await other.get(url)
        said = self.said(express, reader, url)
        assert isinstance(said, tuple)
        page = await self.is_what_the_lane_says(said, world, reader, url)
        assert [post["favourites_count"] for post in page] == [1, 1, 0]
        # A job carries the reader's own link.
        await author.publishes_job()
        await world.settle()
        await other.get(url)
        said = await self.found(self.said(express, reader, url))
        page = await self.is_what_the_lane_says(said, world, reader, url)
        assert len(page) == 4

    @pytest.mark.parametrize("known", [True, False])
    async def test_says_nothing_to_who_is_sent_away_while_the_feed_is_asked_for(
        self, world: World, express: Express, resources: Resources, monkeypatch: pytest.MonkeyPatch, known: bool
    ) -> None:
        reader, other, author = await world.people("reader", "other", "author")
        url = "/api/v1/timelines/home?limit=20"
        for one in (reader, other):
            await one.follows(author)
        await author.says("一")
        await world.settle()
        for one in (reader, other) * 3:
            await one.get(url)
        await author.says("二")
        await world.settle()
        if known:
            # Whatever is to be shown is in memory.
            await other.get(url)
        begin, asked, held = resources.feeds.begin, asyncio.Event(), list[Callable[[], None]]()

        def begin_held(account_id: int, page: Page, then: Callable[[], None]) -> bool:
            held.append(then)
            return begin(account_id, page, asked.set)

        monkeypatch.setattr(resources.feeds, "begin", begin_held)
        saying, come = self.said(express, reader, url), list[Saying]()
        assert isinstance(saying, Later)
        saying.then(come.append)
        await asked.wait()
        mine = {key: world.app[key] for key in ("client_id", "client_secret")}
        await world.client.post("/oauth/revoke", data={"token": reader.token, **mine})
        held[0]()
        assert await self.found(come[0]) is None
        assert await self.found(self.said(express, reader, url)) is None

    async def is_what_the_lane_says(self, said: Said, world: World, reader: Person, url: str) -> list[dict[str, Any]]:
        told = self.told(said)
        assert told
        answer = await world.client.get(url, headers={"Authorization": f"Bearer {reader.token}"})
        assert (told[1], told[0]["link"]) == (answer.content, answer.headers["link"])
        page: list[dict[str, Any]] = orjson.loads(told[1])
        return page
