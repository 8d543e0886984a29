"""The scores port: what many different people do something with, newer doings counting more.

A cache: PostgreSQL can rebuild all of it. A kind of thing ("tag", "post") has a board of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from app.kit.errors import Unavailable

Board = Literal["tag", "post"]

# A doing counts half as much after this many hours.
HALF_LIFE_HOURS = {"tag": 6, "post": 4}
# The same person with the same thing counts once in so many hours.
WINDOW_HOURS = 24
# What is kept of each board.
MOST_KEPT = 1000


class ScoresUnavailable(Unavailable):
    code = "trends_unavailable"
    message = "Trends are not reachable"


@dataclass(frozen=True, slots=True)
class Doing:
    """Someone did something with a thing: used a topic, liked, reposted, quoted or answered a post."""

    thing: str
    account_id: int
    at: datetime
    weight: float = 1.0


class Scores(Protocol):
    """Every method raises ScoresUnavailable when the store does not answer in time."""

    async def record(self, board: Board, doings: Sequence[Doing]) -> None:
        """Count doings; a person's second within the window, or one told twice, counts nothing."""

    async def top(self, board: Board, *, limit: int, offset: int = 0) -> list[str]:
        """Things by falling score."""

    async def forget(self, board: Board, things: Sequence[str]) -> None:
        """Take things off a board."""

    async def is_whole(self) -> bool:
        """Whether everything of the window was counted: not before `mark_whole`, nor after a loss."""

    async def mark_whole(self) -> None:
        """Note that everything of the window was counted."""

    async def close(self) -> None:
        """Let connections go."""
