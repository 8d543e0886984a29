"""What two requests of one reader learn at the same time is known afterwards."""

import asyncio

import pytest

from tests.people import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def asks_twice() -> bool:
    # The question to PostgreSQL alone would come between the two.
    return False


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
