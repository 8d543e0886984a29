"""Uses counted in a process reach the store: much at once, little now and then, many subjects in few calls."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence

import pytest

from app.limits import tally as module
from app.limits.limits import Rule, Standing
from app.limits.tally import Tally
from app.limits.valkey_limits import ValkeyLimits

pytestmark = pytest.mark.anyio

RULE = Rule("tally", most=100, seconds=300)


class Noting:
    """`Limits` that note how many subjects each call was about."""

    def __init__(self, inner: ValkeyLimits) -> None:
        self._inner = inner
        self.calls: list[tuple[int, int]] = []

    async def hit(self, uses: Sequence[tuple[Rule, str]], *, times: int = 1) -> list[Standing]:
        self.calls.append((len(uses), times))
        return await self._inner.hit(uses, times=times)

    async def close(self) -> None:
        await self._inner.close()


@pytest.fixture
async def limits(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Noting]:
    monkeypatch.setattr(module, "_TELL_SECONDS", 0.01)
    noting = Noting(ValkeyLimits(redis_url, prefix=secrets.token_hex(4)))
    yield noting
    await noting.close()


async def used(limits: Noting, subject: str) -> int:
    """What the store knows, this question aside."""
    return (await limits._inner.hit([(RULE, subject)], times=0))[0].used


async def test_who_uses_much_is_told_of_soon_and_others_now_and_then(
    limits: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_NOW_AND_THEN", 10**9)
    tally = Tally(limits, RULE)
    for subject, uses in (("much", module._MUCH), ("little", module._MUCH - 1)):
        await tally.ask(subject)
        for number in range(uses):
            standing = tally.count(subject)
            assert standing
            assert standing.used == number + 2
    async with asyncio.timeout(10):
        while await used(limits, "much") != 1 + module._MUCH:
            await asyncio.sleep(0.01)
    assert await used(limits, "little") == 1
    monkeypatch.setattr(module, "_NOW_AND_THEN", 1)
    async with asyncio.timeout(10):
        while await used(limits, "little") != module._MUCH:
            await asyncio.sleep(0.01)
    # What is told is not told again, and is not forgotten here.
    await tally.close()
    assert [await used(limits, subject) for subject in ("much", "little")] == [1 + module._MUCH, module._MUCH]
    standing = tally.count("little")
    assert standing
    assert standing.used == module._MUCH + 1


async def test_who_used_as_much_is_told_of_in_one_call(limits: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TELL_SECONDS", 60.0)
    monkeypatch.setattr(module, "_SUBJECTS_PER_CALL", 4)
    tally = Tally(limits, RULE)
    subjects = {f"s{number}": 1 + number % 2 for number in range(10)}
    for subject, uses in subjects.items():
        await tally.ask(subject)
        for _ in range(uses):
            tally.count(subject)
    limits.calls.clear()
    await tally.close()
    assert sorted(limits.calls) == [(1, 1), (1, 2), (4, 1), (4, 2)]
    assert {subject: await used(limits, subject) for subject in subjects} == {
        subject: 1 + uses for subject, uses in subjects.items()
    }


async def test_what_is_used_while_it_is_told_counts(limits: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NOW_AND_THEN", 1)
    tally = Tally(limits, RULE)
    await tally.ask("a")
    hit, telling, go_on = limits.hit, asyncio.Queue[int](), asyncio.Queue[None]()

    async def slow(uses: Sequence[tuple[Rule, str]], *, times: int = 1) -> list[Standing]:
        standings = await hit(uses, times=times)
        telling.put_nowait(times)
        await go_on.get()
        return standings

    def use() -> int:
        standing = tally.count("a")
        assert standing
        return standing.used

    monkeypatch.setattr(limits, "hit", slow)
    async with asyncio.timeout(10):
        assert use() == 2
        assert await telling.get() == 1
        assert (use(), use()) == (3, 4)
        go_on.put_nowait(None)
        assert await telling.get() == 2
        assert use() == 5
        go_on.put_nowait(None)
        assert await telling.get() == 1
        go_on.put_nowait(None)
    assert await used(limits, "a") == 5
