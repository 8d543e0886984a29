"""The limits port: counting of uses in fixed windows. Lost counts only mean a fresh start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from app.kit.errors import RateLimited, Unavailable


class LimitsUnavailable(Unavailable):
    code = "limits_unavailable"
    message = "This cannot be done safely at the moment; please try again shortly"


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `most` uses in a window of `seconds`, which starts with the first. `name` is part of the key."""

    name: str
    most: int
    seconds: int


class Standing(NamedTuple):
    """How someone stands with a rule after a use of theirs."""

    rule: Rule
    used: int
    resets_in: float

    @property
    def remaining(self) -> int:
        """Uses left in this window."""
        return max(0, self.rule.most - self.used)

    @property
    def exceeded(self) -> bool:
        """Whether this use was one too many."""
        return self.used > self.rule.most


class Limits(Protocol):
    """Counts. `hit` raises LimitsUnavailable at once when the store is known to be away, and soon otherwise."""

    async def hit(self, uses: Sequence[tuple[Rule, str]], *, times: int = 1) -> list[Standing]:
        """Count a use (or so many) of each rule by each named subject, in one round trip; standings in that order."""

    async def close(self) -> None:
        """Let connections go."""


async def require_within(limits: Limits, uses: Sequence[tuple[Rule, str]]) -> None:
    """Count the uses; raises RateLimited when one is too many, and LimitsUnavailable when nobody can know."""
    exceeded = [standing for standing in await limits.hit(uses) if standing.exceeded]
    if exceeded:
        raise RateLimited(retry_after=max(1, round(max(standing.resets_in for standing in exceeded) + 0.5)))
