"""Readers are given the row of a post that others have, where they welcomed one like it; never what is not theirs."""

import pytest

from tests.people import Person, World

pytestmark = pytest.mark.anyio


@pytest.fixture
async def readers(world: World) -> list[Person]:
    """Two who follow the first of three, whose posts they have met."""
    author, *readers = await world.people("author", "one", "two")
    for reader in readers:
        await reader.follows(author)
    for number in range(3):
        await author.says(f"第 {number} 条")
        await world.settle()
        for reader in (*readers, *readers):
            await reader.home()
    return [author, *readers]


async def test_what_a_reader_did_with_a_post_is_told_to_that_reader(world: World, readers: list[Person]) -> None:
    author, one, two = readers
    liked = await author.says("好")
    await world.settle()
    for reader in (two, one, two):
        await reader.home()
    await one.post(f"/api/v1/statuses/{liked['id']}/favourite")
    for _ in range(2):
        # Each makes the rows of the author's earlier posts anew.
        await author.says("又")
        await world.settle()
        for reader, is_liked in ((two, False), (one, True), (two, False), (one, True)):
            told = {post["id"]: post["favourited"] for post in await reader.home()}
            assert (told.pop(liked["id"]), any(told.values())) == (is_liked, False)


async def test_what_may_be_quoted_is_told_to_each(world: World, readers: list[Person]) -> None:
    author, one, two = readers
    for policy, allowed in (("nobody", "denied"), ("followers", "automatic"), ("public", "automatic")) * 2:
        new = await author.post("/api/v1/statuses", {"status": "引用", "quote_approval_policy": policy})
        await world.settle()
        for reader in (one, two):
            told = (await reader.home())[0]
            assert (told["id"], told["quote_approval"]["current_user"]) == (new["id"], allowed)


async def test_who_does_not_welcome_such_posts_any_more_is_not_shown_them(world: World, readers: list[Person]) -> None:
    author, one, two = readers
    await one.post(f"/api/v1/accounts/{author.id}/follow", {"languages": ["en"]})
    chinese = await author.post("/api/v1/statuses", {"status": "中文", "language": "zh"})
    english = await author.post("/api/v1/statuses", {"status": "English", "language": "en"})
    await world.settle()
    for _ in range(2):
        assert [post["id"] for post in (await two.home())[:2]] == [english["id"], chinese["id"]]
        assert [post["id"] for post in await one.home() if post["id"] in (english["id"], chinese["id"])] == [
            english["id"]
        ]


async def test_posts_that_came_by_their_topic_go_with_it(world: World, readers: list[Person]) -> None:
    author, one, _ = readers
    other = await world.person("three")
    await other.post("/api/v1/tags/招聘/follow")
    # What came before it was known would be looked up.
    await world.settle()
    await author.says("以前 #招聘#")
    await world.settle()
    await other.home()
    posts = [await author.says(f"{number} #招聘#") for number in range(2)]
    await world.settle()
    for _ in range(3):
        # Another row of each, which others have already.
        await author.says("别的")
        await world.settle()
        await one.home()
        assert [post["id"] for post in (await other.home())[:2]] == [posts[1]["id"], posts[0]["id"]]
    await author.request("PUT", f"/api/v1/statuses/{posts[1]['id']}", json={"status": "不招了"}, expect=200)
    for _ in range(2):
        await one.home()
        assert (await other.home())[0]["id"] == posts[0]["id"]
