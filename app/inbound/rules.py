"""Pure decisions about inbound sources: what is out of date, what a missing job means, when to poll again."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

# Below so many jobs a feed may lose all but one at once without anybody asking why.
FEW = 4
MOST_JITTER = 0.1
# Seconds.
LONGEST_WAIT = 24 * 3600


def is_stale(
    *,
    updated_at: datetime | None,
    received_at: datetime,
    known_updated_at: datetime | None,
    known_received_at: datetime,
    removed: bool = False,
    current: bool = False,
) -> bool:
    """Whether a message says less than is known: by the source's own times where both are told, else by ours.

    Ours alone never refuses what just came in; it does refuse what is replayed late. What was `removed` comes back by
    what is newer than its end, or is `current` and came later.
    """
    if removed and current:
        return received_at < known_received_at
    if updated_at is not None and known_updated_at is not None and (removed or updated_at != known_updated_at):
        return updated_at <= known_updated_at if removed else updated_at < known_updated_at
    return received_at < known_received_at


@dataclass(frozen=True, slots=True)
class Vanished:
    """What a complete feed left out: jobs to close, or the reason why a person must look first."""

    gone: frozenset[str]
    held: str | None = None


def judge_vanished(*, known: Collection[str], listed: Collection[str], complete: bool, accepted: bool) -> Vanished:
    """Which of the `known` jobs (ids of the source) that a feed no longer lists may be closed.

    None of a feed that was not read to its end. An empty feed, or one that lost more than half of its jobs at once, is
    more often broken than meant: nothing is closed until a person `accepted` it or the jobs are back.
    """
    gone = frozenset(known) - frozenset(listed)
    if not gone or not complete:
        return Vanished(frozenset())
    if accepted:
        return Vanished(gone)
    if not listed:
        return Vanished(frozenset(), f"The feed is empty; it had {len(known)} jobs")
    if len(known) >= FEW and 2 * len(gone) > len(known):
        return Vanished(frozenset(), f"{len(gone)} of {len(known)} jobs vanished from the feed at once")
    return Vanished(gone)


def next_poll(*, now: datetime, minutes: int, failures: int, jitter: float, asked: int = 0) -> datetime:
    """When to poll again: after `minutes`, doubled for each failure in a row up to a day; `jitter` is 0 to 1.

    Not before the `asked` seconds that the source wants to be left alone, up to a day.
    """
    wait = max(minutes, min(minutes * 2 ** min(failures, 10), LONGEST_WAIT // 60), min(asked, LONGEST_WAIT) / 60)
    return now + timedelta(minutes=wait * (1 + MOST_JITTER * jitter))
