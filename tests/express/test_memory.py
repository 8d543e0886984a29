"""How much is kept of what was answered: as much as there is room for, counted as it is shared."""

import asyncio

import pytest

from app.bootstrap import Resources
from app.settings import Settings
from tests.people import Person, World
from tests.service import service

# What is asked of PostgreSQL alone would be kept as well.
pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]

HOME = "/api/v1/timelines/home"
MIB = 1024 * 1024


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The least room there can be."""
    return settings.model_copy(update={"page_cache_mb": 1})


@pytest.fixture
async def author(world: World) -> Person:
    """Who says so much that a page of it takes over 40 kB."""
    author = await world.person("author")
    for number in range(20):
        await author.says(f"{number} " + "招聘" * 240)
    return author


async def readers_of(world: World, author: Person, count: int) -> list[Person]:
    readers = await world.people(*(f"r{number}" for number in range(count)))
    await asyncio.gather(*(reader.follows(author) for reader in readers))
    return readers


def kept(resources: Resources, readers: list[Person]) -> list[Person]:
    """Of whom there is an answer that can be given again at once."""
    express = service(resources)
    return [reader for reader in readers if isinstance(express.at_once(HOME.encode(), _headers(reader)), tuple)]


def _headers(reader: Person) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {reader.token}".encode())]


async def test_pages_of_the_same_posts_take_little_room(world: World, author: Person, resources: Resources) -> None:
    readers = await readers_of(world, author, 30)
    sizes = [len((await reader.request("GET", HOME)).content) for reader in readers]
    assert sum(sizes) > MIB
    for reader in readers:
        await reader.home()

    assert kept(resources, readers) == readers


async def test_what_old_pages_alone_hold_goes_with_them(world: World, author: Person, resources: Resources) -> None:
    readers = await readers_of(world, author, 30)
    sizes = list[int]()
    for number, reader in enumerate(readers):
        # Whoever reads next is shown other rows.
        change = {"display_name": f"作者 {number}"}
        await author.request("PATCH", "/api/v1/accounts/update_credentials", expect=200, json=change)
        # The first time the feed is built.
        await reader.home()
        sizes.append(len((await reader.request("GET", HOME)).content))
        assert resources.pages._rows.living.bytes < MIB
    assert sum(sizes) > MIB
