"""How large a demo world is, and how its parts scale with its people."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.credits.schemas import Policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FEWEST = 50
DAY = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole recipe: the same plan makes the same rows. `now` (aware) is when the world ends,
    `site_url` where its job posts link to. By `credit_policy` hires
    are shared out, and confirmed after `guarantee_days`.
    """

    people: int = 2000
    seed: int = 1
    now: datetime
    days: int = 90
    site_url: str = "http://localhost:3000"
    credit_policy: Policy = "path_geometric"
    guarantee_days: int = 30

    def __post_init__(self) -> None:
        if self.people < FEWEST:
            raise ValueError(f"a demo world needs at least {FEWEST} people")

    @property
    def posts(self) -> int:
        """Posts of every kind: reposts, quotes, replies and job posts too."""
        return self.people * 10

    @property
    def organizations(self) -> int:
        return max(3, self.people * 3 // 100)

    @property
    def open_jobs(self) -> int:
        return max(10, self.people * 3 // 10)

    @property
    def filled_jobs(self) -> int:
        return max(3, self.people // 60)

    @property
    def closed_jobs(self) -> int:
        return max(2, self.people // 80)

    @property
    def replies(self) -> int:
        return self.people * 2

    @property
    def reposts(self) -> int:
        """Reposts and quotes together."""
        return self.people * 16 // 5

    @property
    def end(self) -> int:
        """`now` in milliseconds since 1970."""
        return (self.now - _EPOCH) // timedelta(milliseconds=1)

    @property
    def start(self) -> int:
        """When the first post may be, in milliseconds since 1970."""
        return self.end - self.days * DAY


def moment(milliseconds: int) -> datetime:
    """The time `milliseconds` after 1970, in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
