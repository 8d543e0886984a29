"""How bodies arrive: not too long, not too slowly."""

from collections.abc import Iterable

import pytest
from starlette.datastructures import Headers
from starlette.types import Message

from app.kit import uploads
from app.kit.errors import Malformed, TooLarge

pytestmark = pytest.mark.anyio


class Clock:
    """A sender whose parts take time; the waiting itself takes none."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, parts: Iterable[tuple[float, bytes]]) -> None:
        self._now, self._parts = 0.0, list(parts)
        self._allowed = 0.0
        monkeypatch.setattr(uploads.time, "monotonic", lambda: self._now)
        monkeypatch.setattr(uploads.asyncio, "timeout", self._timeout)

    def _timeout(self, seconds: float) -> "Clock":
        self._allowed = seconds
        return self

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        pass

    async def receive(self) -> Message:
        seconds, body = self._parts.pop(0)
        if seconds > self._allowed:
            raise TimeoutError
        self._now += seconds
        return {"type": "http.request", "body": body, "more_body": bool(self._parts)}


async def read(clock: Clock, most: int = 10**9) -> int:
    return sum([len(chunk) async for chunk in uploads.chunks(clock.receive, Headers(), most_bytes=most)])


async def test_a_slow_but_steady_body_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    steady = [(10.0, b"x" * 400_000)] * 60
    assert await read(Clock(monkeypatch, steady)) == 24_000_000


@pytest.mark.parametrize(
    "parts",
    [
        [(16.0, b"x")],
        [(1.0, b"x")] * 30,
        [(0.1, b"x" * 100_000), (20.0, b"x")],
        [(10.0, b"x" * 1_000_000)] * 100,
    ],
    ids=["late", "dripping", "stalled", "endless"],
)
async def test_a_body_that_is_too_slow_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, parts: list[tuple[float, bytes]]
) -> None:
    with pytest.raises(Malformed):
        await read(Clock(monkeypatch, parts))


async def test_a_body_that_is_too_long_is_cut_off_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(0.0, b"x" * 1000)] * 100
    clock = Clock(monkeypatch, parts)
    with pytest.raises(TooLarge):
        await read(clock, most=5000)
    assert len(clock._parts) == 94


async def test_a_sender_that_goes_away_is_no_failure_of_ours() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Malformed):
        async for _ in uploads.chunks(receive, Headers(), most_bytes=10):
            pass
