"""What changed and when, as far as this process was told: how caches know whether what they hold is still true.

A reader notes `mark()` *before* it reads PostgreSQL and keeps the number beside what it cached; the entry is good for
as long as `fresh(mark, keys)` says so. Keys name what an entry was made of: see the end of this file.

ADR 0019 has the protocol and why it may be trusted.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol

_NEVER = float("inf")
# A transaction cannot last longer (`statement_timeout` is 30 s): a process that said it would change something and
# was never heard of again has done it by now, or never will.
_WARNING_SECONDS = 60.0
_MOST_KEYS = 200_000
# Longer than most transactions take from what they change first to the end of their commit.
SETTLING_SECONDS = 0.02


class Kept(Protocol):
    """What was read when the ledger stood at `mark`, of what `keys` name."""

    mark: int

    @property
    def keys(self) -> Sequence[str]: ...


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
        # Who is about to change a key, and until when that is believed.
        self._warned: dict[str, dict[str, float]] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        # Who is told of new posts.
        self._ears: list[Callable[[str], None]] = []

    def listen(self, ear: Callable[[str], None]) -> None:
        """Have `ear` called with the name of each new post (`of_new`), as soon as it is told here."""
        self._ears.append(ear)

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

    def holds(self, kept: Kept) -> bool:
        """Whether something is fresh, which is noted: until the next change nobody has to look again."""
        if not self.fresh(kept.mark, kept.keys):
            return False
        kept.mark = self.verified
        return True

    def warn(self, keys: Iterable[str], by: str = "") -> None:
        """These are about to change, `by` a transaction: nothing made of them is fresh until all have told who warned.

        Or until it is too late for that.
        """
        self._step()
        deadline = time.monotonic() + _WARNING_SECONDS
        for key in keys:
            if key.startswith(_NEW):
                continue
            if key == ALL:
                self._floor = _NEVER
            self._last[key] = _NEVER
            self._warned.setdefault(key, {})[by] = deadline

    def tell(self, keys: Iterable[str], by: str = "") -> None:
        """These have changed: what was read before is stale, what is read from now on is fresh."""
        self._step()
        for key in keys:
            if key.startswith(_NEW):
                for ear in self._ears:
                    ear(key)
                continue
            if warned := self._warned.get(key):
                warned.pop(by, None)
                if warned:
                    continue
                del self._warned[key]
            if key == ALL:
                self._floor = self._count
            self._last[key] = self._count
        if len(self._last) > _MOST_KEYS:
            self._forget()
        for one in self._waiting:
            if not one.done():
                one.set_result(None)

    async def settled(self, keys: Collection[str], *, seconds: float) -> bool:
        """Wait while any of these is about to change, for so long at most: whether what is read then may be kept."""
        if self._warned.keys().isdisjoint(keys):
            return True
        try:
            async with asyncio.timeout(seconds):
                while not self._warned.keys().isdisjoint(keys):
                    self._waiting.add(told := asyncio.get_running_loop().create_future())
                    try:
                        await told
                    finally:
                        self._waiting.discard(told)
        except TimeoutError:
            return False
        return True

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
        """Let go of warnings whose time is over, and of all that is kept. To be called now and then."""
        now = time.monotonic()
        late = [(key, by) for key, warned in self._warned.items() for by, deadline in warned.items() if deadline < now]
        for key, by in late:
            self.tell((key,), by)
        if late:
            # What else was to be told with these, and what came of it, is not known.
            self.tell((ALL,))

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
_NEW = "new:"


def of_post(id: int) -> str:
    """A post's words, and all that is shown with them, but not its counters."""
    return f"post:{id}"


def of_counts(id: int) -> str:
    """A post's counters."""
    return f"counts:{id}"


def of_account(id: int) -> str:
    """A profile and its counters."""
    return f"account:{id}"


def of_posts(id: int) -> str:
    """Which posts an account has: less than `of_account`, which people who follow it change as well."""
    return f"posts:{id}"


def of_viewer(id: int) -> str:
    """All that makes a page look different to this account."""
    return f"viewer:{id}"


def of_tokens(id: int) -> str:
    """Which tokens act for an account."""
    return f"tokens:{id}"


def of_tag(name: str) -> str:
    """Which posts have a topic (folded)."""
    return f"tag:{name}"


def of_new(id: int, author_id: int, *, repost: bool) -> str:
    """That there is a new post for followers, if its transaction committed. Nothing can have been made of it before:
    `Changes.listen` to it."""
    return f"{_NEW}{id}:{author_id}:{repost:d}"


def new_in(name: str) -> tuple[int, int, bool]:
    """What `of_new` was given."""
    _, id, author_id, repost = name.split(":")
    return int(id), int(author_id), repost == "1"
