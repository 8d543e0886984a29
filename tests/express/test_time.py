"""What time alone changes is not told longer than it is so."""

import asyncio

import pytest
from sqlalchemy import text

from app.bootstrap import Resources
from app.kit.changes import of_post
from app.kit.db import touch
from tests.people import Person, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cast(world: World) -> list[Person]:
    """A reader who follows two authors that have said something each."""
    reader, *authors = await world.people("reader", "first", "second")
    for author in authors:
        await reader.follows(author)
        await author.says(f"{author.username} 今天加班")
    await world.settle()
    # From the second reading on a feed is remembered.
    for _ in range(2):
        assert len(await reader.home()) == 2
    return [reader, *authors]


async def test_a_mute_that_ends_brings_posts_back(cast: list[Person]) -> None:
    reader, _, second = cast
    await reader.post(f"/api/v1/accounts/{second.id}/mute", {"duration": 1})
    assert len(await reader.home()) == 1
    async with asyncio.timeout(10):
        while len(await reader.home()) < 2:
            await asyncio.sleep(0.05)


async def test_a_filter_that_ends_marks_nothing_any_more(cast: list[Person]) -> None:
    reader = cast[0]
    keywords = [{"keyword": "加班"}]
    made = {"title": "加班", "context": ["home"], "expires_in": 1, "keywords_attributes": keywords}
    await reader.post("/api/v2/filters", made)
    assert [len(post["filtered"]) for post in await reader.home()] == [1, 1]
    async with asyncio.timeout(10):
        while any(post["filtered"] for post in await reader.home()):
            await asyncio.sleep(0.05)


async def test_a_poll_that_ends_has_ended(world: World, cast: list[Person], resources: Resources) -> None:
    reader, first, _ = cast
    post = await first.says("去哪儿", poll={"options": ["南京", "杭州"], "expires_in": 3600})
    await world.settle()
    async with resources.db.transaction() as session:
        touch(session, of_post(int(post["id"])))
        await session.execute(text("UPDATE polls SET expires_at = now() + interval '1 second'"))
    for _ in range(2):
        assert (await reader.home())[0]["poll"]["expired"] is False
    async with asyncio.timeout(10):
        while not (await reader.home())[0]["poll"]["expired"]:
            await asyncio.sleep(0.05)


async def test_what_is_taken_out_of_the_middle_is_gone(world: World, cast: list[Person]) -> None:
    reader, first, second = cast
    posts = [await author.says("再说一句") for author in (first, second, first)]
    await world.settle()
    for _ in range(2):
        assert [post["id"] for post in await reader.home()][:3] == [post["id"] for post in reversed(posts)]
    await second.request("DELETE", f"/api/v1/statuses/{posts[1]['id']}", expect=200)
    await world.settle()
    page = await reader.home()
    assert [post["id"] for post in page][:2] == [posts[2]["id"], posts[0]["id"]]
    assert len(page) == len({post["id"] for post in page}) == 4
