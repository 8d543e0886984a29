"""What every adapter of the scores port must do; today there is one, on a real Valkey."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from app.trends.redis_scores import RedisScores
from app.trends.scores import HALF_LIFE_HOURS, Doing, Scores, ScoresUnavailable
from tests.valkey_cluster import ON_BOTH, valkey_url

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HALF_LIFE = timedelta(hours=HALF_LIFE_HOURS["tag"])


@pytest.fixture(params=ON_BOTH)
async def scores(request: pytest.FixtureRequest, anyio_backend: object) -> AsyncIterator[Scores]:
    opened = RedisScores(valkey_url(request))
    await opened._valkey.everywhere("FLUSHDB")
    yield opened
    await opened.close()


def by(thing: str, *people: int, at: datetime = NOW, weight: float = 1.0) -> list[Doing]:
    return [Doing(thing, account_id, at, weight) for account_id in people]


class TestTop:
    async def test_puts_first_what_more_people_do(self, scores: Scores) -> None:
        await scores.record("tag", [*by("二人", 1, 2), *by("三人", 1, 2, 3), *by("一人", 9)])
        assert await scores.top("tag", limit=10) == ["三人", "二人", "一人"]
        assert await scores.top("tag", limit=1, offset=1) == ["二人"]
        assert await scores.top("tag", limit=5, offset=3) == []
        assert await scores.top("post", limit=5) == []

    async def test_counts_one_person_once_however_often(self, scores: Scores) -> None:
        for minute in range(10):
            await scores.record("tag", by("刷屏", 1, at=NOW + timedelta(minutes=minute)))
        await scores.record("tag", by("二人", 1, 2))
        assert await scores.top("tag", limit=2) == ["二人", "刷屏"]

    async def test_weighs_the_new_more_and_one_half_life_twice(self, scores: Scores) -> None:
        old = NOW - HALF_LIFE
        await scores.record("tag", by("旧三人", 1, 2, 3, at=old))  # as much as one and a half now
        await scores.record("tag", by("新一人", 4))
        await scores.record("tag", by("新二人", 5, 6))
        assert await scores.top("tag", limit=3) == ["新二人", "旧三人", "新一人"]

    async def test_takes_what_comes_late_for_what_it_was(self, scores: Scores) -> None:
        await scores.record("tag", by("新一人", 1))
        await scores.record("tag", by("旧三人", 1, 2, 3, at=NOW - 3 * HALF_LIFE))
        assert await scores.top("tag", limit=2) == ["新一人", "旧三人"]

    async def test_weighs_doings(self, scores: Scores) -> None:
        await scores.record("post", [*by("1", 1, 2, 3), *by("2", 1, 2, weight=2.0)])
        assert await scores.top("post", limit=2) == ["2", "1"]

    async def test_does_not_overflow_in_a_hundred_years(self, scores: Scores) -> None:
        later = NOW + timedelta(days=36_500)
        await scores.record("tag", [*by("那时", 1, 2, at=later), *by("那时少", 3, at=later), *by("今天", 1, 2, 3)])
        assert await scores.top("tag", limit=3) == ["那时", "那时少", "今天"]

    async def test_keeps_so_many(self, scores: Scores, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("app.trends.redis_scores.MOST_KEPT", 3)
        for number in range(5):
            await scores.record("tag", by(f"t{number}", *range(number + 1)))
        assert await scores.top("tag", limit=10) == ["t4", "t3", "t2"]


class TestForget:
    async def test_takes_things_off_one_board(self, scores: Scores) -> None:
        await scores.record("tag", by("1", 1))
        await scores.record("post", [*by("1", 1), *by("2", 1)])
        await scores.forget("post", ["1", "unknown"])
        await scores.forget("post", [])
        assert (await scores.top("post", limit=9), await scores.top("tag", limit=9)) == (["2"], ["1"])


class TestWhole:
    async def test_is_so_from_the_mark_to_the_next_loss(self, scores: Scores) -> None:
        assert not await scores.is_whole()
        await scores.mark_whole()
        assert await scores.is_whole()
        await scores._valkey.everywhere("FLUSHDB")  # type: ignore[attr-defined]
        assert not await scores.is_whole()


async def test_every_method_says_when_the_store_is_away(anyio_backend: object) -> None:
    away = RedisScores("redis://127.0.0.1:1/0")
    for call in (
        away.record("tag", by("x", 1)),
        away.top("tag", limit=1),
        away.forget("tag", ["x"]),
        away.is_whole(),
        away.mark_whole(),
    ):
        with pytest.raises(ScoresUnavailable):
            await call
    await away.close()
