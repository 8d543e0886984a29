"""What is decided about deliveries: when to try again, when to rest, when to give up. No I/O, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Before each attempt, from the one before: ten over 75 h 35 min, as Standard Webhooks has them. Chance only adds.
PAUSES = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
JITTER = 0.1
# A receiver may ask us to wait so long at most, beyond the schedule's own pause.
LONGEST_WAIT = 3600.0
LONGEST_REST = 300.0
_SHORTEST_THROTTLE = 5.0
GIVE_UP_AFTER = timedelta(days=5)
# Half an hour of the schedule: who was told nothing for long is not given up for one bad minute.
_GIVE_UP_TRIES = 4
OVERLAP = timedelta(hours=24)
_LONGEST_EXCERPT = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: a status, or an error's kind. `retry_after`: seconds the answer asked for."""

    milliseconds: int
    status: int | None = None
    error: str | None = None
    excerpt: str = ""
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the message was taken: any 2xx, and nothing else."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == 410

    @property
    def troubled(self) -> bool:
        """Whether the receiver as a whole does badly, whatever the message."""
        return self.status is None or self.status >= 500 or self.status == 429

    @property
    def throttled(self) -> bool:
        """Whether it, or what stands before it, has too much to do."""
        return self.status in (429, 502, 503, 504)

    @property
    def label(self) -> str:
        """For the numbers we keep: success, the class of the status, or the error."""
        if self.succeeded:
            return "success"
        return f"{self.status // 100}xx" if self.status else (self.error or "error")


def next_pause(tries: int, outcome: Outcome, *, chance: float) -> float | None:
    """Seconds until the next attempt when `tries` have failed; None when that was the last. `chance` is in 0..1."""
    if tries >= len(PAUSES):
        return None
    pause = PAUSES[tries] * (1 + JITTER * chance)
    # What a receiver asks for is kept, up to an hour: no answer may stop a message for good.
    return max(pause, min(outcome.retry_after or 0.0, LONGEST_WAIT))


def gives_up(tries: int, *, failing_since: datetime | None, now: datetime) -> bool:
    """Whether a receiver is given up that just failed a message for the `tries`th time, and took none since then."""
    return failing_since is not None and failing_since <= now - GIVE_UP_AFTER and tries >= _GIVE_UP_TRIES


def rest(failures: int, outcome: Outcome) -> float:
    """Seconds during which a webhook is sent nothing after its receiver failed, as a whole, so often in a row."""
    if not outcome.troubled:
        return 0.0
    seconds = min(2.0 ** min(failures - 1, 20), LONGEST_REST)
    if outcome.throttled:
        return max(seconds, _SHORTEST_THROTTLE, min(outcome.retry_after or 0.0, LONGEST_WAIT))
    return seconds


def excerpt(body: bytes) -> str:
    """The start of an answer as text that can be kept and shown."""
    text = body[: 4 * _LONGEST_EXCERPT].decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)[:_LONGEST_EXCERPT]
