"""Calls that come together are run together, and none spoils another's answer."""

import asyncio
from collections.abc import Sequence

import pytest

from app.kit.together import Together

pytestmark = pytest.mark.anyio


async def test_what_comes_while_one_runs_is_run_next_and_together() -> None:
    runs: list[list[int]] = []

    async def double(asked: Sequence[int]) -> list[int]:
        runs.append(list(asked))
        await asyncio.sleep(0)
        return [2 * number for number in asked]

    together = Together(double, most=3)
    first = asyncio.create_task(together.ask(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    rest = await asyncio.gather(*(together.ask(number) for number in (2, 3, 4, 5)))
    assert (await first, rest, runs) == (2, [4, 6, 8, 10], [[1], [2, 3, 4], [5]])


async def test_as_many_run_at_a_time_as_there_are_lanes() -> None:
    going, runs, may_end = 0, list[tuple[int, list[int]]](), asyncio.Event()

    async def same(asked: Sequence[int]) -> list[int]:
        nonlocal going
        going += 1
        runs.append((going, list(asked)))
        await may_end.wait()
        going -= 1
        return list(asked)

    together = Together(same, most=8, lanes=2)
    asking = []
    for number in range(5):
        asking.append(asyncio.create_task(together.ask(number)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert runs == [(1, [0]), (2, [1])]
    may_end.set()
    assert await asyncio.gather(*asking) == [0, 1, 2, 3, 4]
    assert runs[2] == (2, [2, 3, 4])
    await together.close()
    assert await together.ask(5) == 5


@pytest.mark.parametrize(("apart", "spoilt"), [((ValueError,), [2]), ((), [1, 2, 3])])
async def test_what_cannot_be_answered_is_told_to_its_asker(
    apart: tuple[type[Exception], ...], spoilt: list[int]
) -> None:
    async def pick(asked: Sequence[int]) -> list[int]:
        if 2 in asked:
            raise ValueError(f"{len(asked)}")
        return list(asked)

    together = Together(pick, most=8, apart=apart)
    answers = await asyncio.gather(*(together.ask(number) for number in (1, 2, 3)), return_exceptions=True)
    assert [number for number, answer in zip((1, 2, 3), answers, strict=True) if answer != number] == spoilt


async def test_an_asker_who_left_changes_nothing_for_others() -> None:
    async def same(asked: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        return list(asked)

    together = Together(same, most=8)
    leaving, staying = asyncio.create_task(together.ask(1)), asyncio.create_task(together.ask(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 2
    await together.close()
