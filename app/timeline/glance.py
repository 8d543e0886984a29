"""What is news to one reader, and how it grew."""

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from app.reading.viewer import Followed

Follows: TypeAlias = Mapping[int, Followed]
# More than a page and what is read to spare. Pages further down are made of all news.
HEAD = 64

_versions = itertools.count()


class Glance:
    """What is news to one reader: `head` has the newest ids, newest first, of those told before place `at`."""

    __slots__ = ("at", "before", "born", "follows", "grown", "head", "root", "version")

    def __init__(self, follows: Follows, head: Sequence[int], at: int, born: int) -> None:
        self.follows, self.head, self.at = follows, head[:HEAD], at
        # The first place there was: what came from earlier ones has been looked through since.
        self.born = born
        # Another with every change. What the head grew by since the version before, if that is all that changed.
        self.version, self.before, self.grown = next(_versions), -1, list[int]()
        # Another with every change but such growth: no other version of any.
        self.root = next(_versions)

    def version_below(self, max_id: int | None) -> int:
        """Which version it is of what is older than `max_id` (None: of all)."""
        return self.root if max_id is not None and self.head and max_id <= self.head[0] else self.version

    def grow(self, new: list[int]) -> bool:
        """Put posts that are newer than all others on top; whether that could be done."""
        if len(new) > 1:
            new = sorted(set(new), reverse=True)
        head = self.head
        if head and new[-1] <= head[0]:
            return False
        self.head, self.before, self.grown = [*new, *head][:HEAD], self.version, new
        self.version = next(_versions)
        return True

    def replace(self, head: Sequence[int]) -> None:
        """More than that changed."""
        self.head, self.before, self.version, self.root = head[:HEAD], -1, next(_versions), next(_versions)
