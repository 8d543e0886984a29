"""What is about to change is waited for, a moment: then it is loaded once for all, and kept."""

import asyncio

import pytest

from app.bootstrap import Resources
from app.kit.changes import of_account
from app.reading import shelf
from tests.meter import Meter
from tests.people import Person, World

# The question to PostgreSQL alone would be counted.
pytestmark = [pytest.mark.anyio, pytest.mark.asks_once]


@pytest.fixture
async def readers(world: World) -> list[Person]:
    """Two who read one author; the author last."""
    *readers, author = people = await world.people("one", "other", "author")
    for reader in readers:
        await reader.follows(author)
    await author.says("招聘后端")
    await world.settle()
    for reader in readers * 2:
        assert len(await reader.home()) == 1
    return people


async def test_readers_wait_for_a_commit_and_load_what_came_of_it_once(
    readers: list[Person], resources: Resources, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "SETTLING_SECONDS", 30)
    one, other, author = readers
    meter.reset()
    await resources.channel.warn([of_account(int(author.id))], -1)
    reading = [asyncio.create_task(reader.home()) for reader in (one, other)]
    async with asyncio.timeout(10):
        while sum(map(len, resources.shelf.arrivals._waiting.values())) < 2:
            await asyncio.sleep(0.001)
    assert meter.statements == []
    await resources.channel.tell([of_account(int(author.id))], -1)
    pages = await asyncio.gather(*reading)
    assert [len(page) for page in pages] == [1, 1]
    assert len(meter.statements) == 1
    meter.reset()
    for reader in (one, other):
        assert len(await reader.home()) == 1
    assert meter.statements == []


async def test_nobody_waits_long_for_what_is_never_told(
    readers: list[Person], resources: Resources, meter: Meter
) -> None:
    one, _, author = readers
    await resources.channel.warn([of_account(int(author.id))], -1)
    meter.reset()
    async with asyncio.timeout(10):
        for _ in range(2):
            assert len(await one.home()) == 1
    # Nothing that was loaded meanwhile is trusted.
    assert len(meter.statements) == 2
