"""The home timeline: what is in it, in what order, and that it is the same whether stored or not."""

import random
from typing import Any

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.timeline import home
from app.timeline.feeds import CAPACITY
from tests.people import Person, World

pytestmark = pytest.mark.anyio


def texts(statuses: list[dict[str, Any]]) -> list[str]:
    return [(status["reblog"] or status)["content"].removeprefix("<p>").removesuffix("</p>") for status in statuses]


async def forget_feeds(resources: Resources) -> None:
    await resources.feeds.flush()  # type: ignore[attr-defined]


async def whole_timeline(person: Person, limit: int = 3, path: str = "/api/v1/timelines/home") -> list[str]:
    """Every page, by following Link, newest first."""
    found, url = [], f"{path}?limit={limit}"
    while True:
        response = await person.request("GET", url, expect=200)
        if not response.json():
            return found
        found += [status["id"] for status in response.json()]
        url = response.links["next"]["url"]


class TestContents:
    async def test_holds_the_posts_of_the_followed_and_ones_own(self, world: World) -> None:
        reader, friend, stranger = await world.people("reader", "friend", "stranger")
        await reader.follows(friend)
        assert await reader.home() == []
        await friend.says("一")
        await stranger.says("二")
        await reader.says("三")
        await world.settle()
        assert texts(await reader.home()) == ["三", "一"]

    async def test_a_follow_brings_earlier_posts_and_an_unfollow_takes_them_at_once(self, world: World) -> None:
        reader, friend = await world.people("reader", "friend")
        await friend.says("从前")
        await world.settle()
        assert await reader.home() == []
        await reader.follows(friend)
        await world.settle()
        assert texts(await reader.home()) == ["从前"]
        await reader.post(f"/api/v1/accounts/{friend.id}/unfollow")
        assert await reader.home() == []
        await reader.follows(friend)
        assert texts(await reader.home()) == ["从前"]

    async def test_a_deleted_post_is_gone_at_once_also_as_a_repost(self, world: World) -> None:
        reader, friend, author = await world.people("reader", "friend", "author")
        await reader.follows(friend)
        post = await author.says("后悔")
        await friend.reposts(post)
        await world.settle()
        assert texts(await reader.home()) == ["后悔"]
        await author.request("DELETE", f"/api/v1/statuses/{post['id']}", expect=200)
        assert await reader.home() == []

    async def test_reposts_are_left_out_for_who_does_not_want_them(self, world: World) -> None:
        reader, friend, author = await world.people("reader", "friend", "author")
        await reader.post(f"/api/v1/accounts/{friend.id}/follow", {"reblogs": False})
        await friend.reposts(await author.says("转"))
        await friend.says("原")
        await world.settle()
        assert texts(await reader.home()) == ["原"]

    async def test_reposts_come_once_they_are_wanted(self, world: World) -> None:
        reader, friend, author = await world.people("reader", "friend", "author")
        await reader.post(f"/api/v1/accounts/{friend.id}/follow", {"reblogs": False})
        assert await reader.home() == []
        await friend.reposts(await author.says("转"))
        await world.settle()
        assert await reader.home() == []
        await reader.post(f"/api/v1/accounts/{friend.id}/follow", {"reblogs": True})
        await world.settle()
        assert texts(await reader.home()) == ["转"]

    async def test_replies_to_strangers_are_left_out(self, world: World) -> None:
        reader, friend, stranger = await world.people("reader", "friend", "stranger")
        await reader.follows(friend)
        question = await stranger.says("问")
        await friend.says("答", in_reply_to_id=question["id"])
        await world.settle()
        assert await reader.home() == []
        await reader.follows(stranger)
        await world.settle()
        assert texts(await reader.home()) == ["答", "问"]

    async def test_private_posts_reach_followers_and_direct_ones_do_not(self, world: World) -> None:
        reader, friend = await world.people("reader", "friend")
        await reader.follows(friend)
        assert await reader.home() == []
        await friend.says("悄悄", visibility="private")
        await friend.says("@reader 私信", visibility="direct")
        await world.settle()
        assert texts(await reader.home()) == ["悄悄"]


class TestPaging:
    async def test_following_link_shows_every_post_once(self, world: World) -> None:
        reader, friend, other = await world.people("reader", "friend", "other")
        await reader.follows(friend)
        await reader.follows(other)
        made = []
        for number in range(11):
            post = await (friend if number % 3 else other).says(f"帖子 {number}")
            made.append(post["id"])
        await world.settle()
        assert await whole_timeline(reader) == made[::-1]

    async def test_pages_that_rules_thin_out_are_refilled(self, world: World) -> None:
        reader, friend, author = await world.people("reader", "friend", "author")
        await reader.follows(friend)
        kept = [(await friend.says(f"留 {number}"))["id"] for number in range(3)]
        doomed = []
        for number in range(6):
            post = await author.says(f"去 {number}")
            doomed.append(post["id"])
            await friend.reposts(post)
        await world.settle()
        for id in doomed:
            await author.request("DELETE", f"/api/v1/statuses/{id}", expect=200)
        assert [status["id"] for status in await reader.home(limit=3)] == kept[::-1]

    async def test_a_long_stretch_that_rules_empty_does_not_end_the_timeline(self, world: World) -> None:
        reader, friend, author = await world.people("reader", "friend", "author")
        await reader.follows(friend)
        kept = await friend.says("在最下面")
        for number in range(12):
            doomed = await author.says(f"去 {number}")
            await friend.reposts(doomed)
            await author.request("DELETE", f"/api/v1/statuses/{doomed['id']}", expect=200)
        response = await reader.request("GET", "/api/v1/timelines/home?limit=1", expect=200)
        found, pages = response.json(), 1
        while not found:
            response = await reader.request("GET", response.links["next"]["url"], expect=200)
            found, pages = response.json(), pages + 1
        assert [status["id"] for status in found] == [kept["id"]]
        assert pages > 1

    async def test_since_id_and_min_id_differ_as_documented(self, world: World) -> None:
        reader = await world.person("reader")
        ids = [(await reader.says(f"{number}"))["id"] for number in range(6)]
        await world.settle()
        newest = [status["id"] for status in await reader.home(limit=2, since_id=ids[1])]
        next_up = [status["id"] for status in await reader.home(limit=2, min_id=ids[1])]
        assert (newest, next_up) == ([ids[5], ids[4]], [ids[3], ids[2]])

    async def test_goes_on_beyond_the_stored_feed(self, world: World, resources: Resources) -> None:
        reader = await world.person("reader")
        await _write_posts(resources, int(reader.id), CAPACITY + 25)
        pages = await whole_timeline(reader, limit=40)
        assert len(pages) == len(set(pages)) == CAPACITY + 25
        assert pages == sorted(pages, key=int, reverse=True)
        across_the_end = await reader.home(limit=40, max_id=pages[CAPACITY - 10])
        assert [status["id"] for status in across_the_end] == pages[CAPACITY - 9 :][:40]


class TestRebuilding:
    async def test_a_lost_feed_reads_as_before(self, world: World, resources: Resources) -> None:
        people = await world.people("reader", "a", "b", "c")
        reader, *others = people
        chance = random.Random(7)
        posts: list[dict[str, Any]] = []
        for other in others:
            await reader.follows(other)
        for number in range(40):
            person = chance.choice(people)
            posts.append(
                await person.reposts(chance.choice(posts))
                if posts and chance.random() < 0.3
                else await person.says(f"{number}")
            )
        await world.settle()
        stored = await whole_timeline(reader)
        await forget_feeds(resources)
        rebuilt = await whole_timeline(reader)
        assert stored == rebuilt
        assert stored

    async def test_a_post_made_while_the_feed_is_rebuilt_is_not_lost(
        self, world: World, resources: Resources, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reader, friend = await world.people("reader", "friend")
        await reader.follows(friend)
        await world.settle()
        await forget_feeds(resources)
        read_ids = home.home_ids

        async def post_just_after_the_read(*args: Any, **options: Any) -> Any:
            ids = await read_ids(*args, **options)
            monkeypatch.setattr(home, "home_ids", read_ids)
            await friend.says("恰好")
            await world.settle()
            return ids

        monkeypatch.setattr(home, "home_ids", post_just_after_the_read)
        await reader.home()
        assert texts(await reader.home()) == ["恰好"]

    async def test_a_rebuild_that_stopped_half_way_is_done_again(self, world: World, resources: Resources) -> None:
        reader, friend = await world.people("reader", "friend")
        await reader.follows(friend)
        await friend.says("旧")
        await world.settle()
        await forget_feeds(resources)
        await resources.feeds.open(int(reader.id))
        await friend.says("新")
        await world.settle()
        assert texts(await reader.home()) == ["新", "旧"]


async def _write_posts(resources: Resources, author_id: int, count: int) -> None:
    async with resources.db.transaction() as session:
        await session.execute(
            text(
                "WITH made AS (INSERT INTO posts (author_id, text)"
                " SELECT :author_id, 'x' FROM generate_series(1, :count)"
                " RETURNING id, author_id) INSERT INTO post_stats (post_id, author_id) SELECT id, author_id FROM made"
            ),
            {"author_id": author_id, "count": count},
        )
