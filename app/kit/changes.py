"""What changed and when, as far as this process was told: how caches know whether what they hold is still true.

A reader notes `mark()` *before* it reads PostgreSQL and keeps the number beside what it cached; the entry is good for
as long as `fresh(mark, keys)` says so. Keys name what an entry was made of: see the end of this file.

ADR 0019 has the protocol and why it may be trusted.
"""

import time
from collections.abc import Iterable, Sequence

_NEVER = float("inf")
# A transaction cannot last longer (`statement_timeout` is 30 s): a process that said it would change something and
# was never heard of again has done it by now, or never will.
_WARNING_SECONDS = 60.0
_MOST_KEYS = 200_000


class Changes:
    """One process's ledger. Untrusted until `trust`: then nothing that was cached before counts."""

    def __init__(self) -> None:
        self._count = 0
        self._floor: float = 1
        self._trusted = False
        # The mark of what was just found fresh: until the next change whatever has it is fresh, at one look. While
        # nothing is fresh, a mark that nothing has.
        self.verified = -1
        self._last: dict[str, float] = {}
        self._warned: dict[str, float] = {}

    @property
    def trusted(self) -> bool:
        """Whether this process hears of changes, so that caching is allowed."""
        return self._trusted

    def mark(self) -> int:
        """The moment before a reading; what is read from now on is at least as new."""
        return self._count if self._trusted else 0

    def fresh(self, mark: int, keys: Sequence[str]) -> bool:
        """Whether nothing named by `keys` has changed since `mark`: then it may be marked `verified`."""
        if mark == self.verified:
            return self._trusted
        if mark < self._floor or not self._trusted:
            return False
        last = self._last
        # Most keys never changed: one look at all of them settles that.
        if last.keys().isdisjoint(keys):
            return True
        # `all` of a generator takes three times as long.
        for key in keys:  # noqa: SIM110
            if last.get(key, 0) > mark:
                return False
        return True

    def warn(self, keys: Iterable[str]) -> None:
        """These are about to change: nothing made of them is fresh until `tell`, or until it is too late for both."""
        self._step()
        deadline = time.monotonic() + _WARNING_SECONDS
        for key in keys:
            if key == ALL:
                self._floor = _NEVER
            self._last[key] = _NEVER
            self._warned[key] = deadline

    def tell(self, keys: Iterable[str]) -> None:
        """These have changed: what was read before is stale, what is read from now on is fresh."""
        self._step()
        for key in keys:
            if key == ALL:
                self._floor = self._count
            self._last[key] = self._count
            self._warned.pop(key, None)
        if len(self._last) > _MOST_KEYS:
            self._forget()

    def trust(self) -> None:
        """From now on this process hears of every change."""
        self._trusted = True
        self._step()
        self._floor = self._count

    def doubt(self) -> None:
        """This process may have missed a change: nothing is fresh until `trust`."""
        self._trusted = False
        self.verified = -1

    def settle(self) -> None:
        """Let go of warnings whose time is over. To be called now and then."""
        late = [key for key, deadline in self._warned.items() if deadline < time.monotonic()]
        if late:
            self.tell(late)

    def _step(self) -> None:
        self._count += 2
        self.verified = self._count + 1 if self._trusted else -1

    def _forget(self) -> None:
        # Older marks cannot be judged any more.
        self._step()
        self._floor = max(self._floor, self._count)
        self._last = dict.fromkeys(self._warned, _NEVER)


# --- Names of what changes -----------------------------------------------------------------------

# Anything at all: for what is rare and reaches far.
ALL = "all"
# That there is a new post, or one less, or one edited: anywhere, and where everyone sees it.
POSTS = "posts"
PUBLIC = "public"
# What any job says, or how it stands.
JOBS = "jobs"


def of_post(id: int) -> str:
    """A post's words, and all that is shown with them, but not its counters."""
    return f"post:{id}"


def of_counts(id: int) -> str:
    """A post's counters."""
    return f"counts:{id}"


def of_account(id: int) -> str:
    """A profile, its counters, and which posts the account has."""
    return f"account:{id}"


def of_viewer(id: int) -> str:
    """All that makes a page look different to this account."""
    return f"viewer:{id}"


def of_tokens(id: int) -> str:
    """Which tokens act for an account."""
    return f"tokens:{id}"


def of_tag(name: str) -> str:
    """Which posts have a topic (folded)."""
    return f"tag:{name}"
