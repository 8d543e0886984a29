"""Feeds that this process remembers. What is kept here must be forgotten as soon as it may have changed."""

import itertools

from app.timeline.stored_feed import StoredFeed

# What is kept of a feed that is paged through is longer than a head: heads are counted by their ids.
_IDS_PER_FEED = 64


_versions = itertools.count()


class Known:
    """What is known of one reader's feed."""

    __slots__ = ("feed", "key", "touched", "version")

    def __init__(self, key: str) -> None:
        self.key = key
        self.feed: StoredFeed | None = None
        # Another with every change: what was asked before one must not be kept after it.
        self.version = next(_versions)
        self.touched = float("-inf")


class FeedMemory:
    """At most about so many feeds, those asked for longest ago going first (in two generations)."""

    def __init__(self, feeds: int) -> None:
        self._half = max(1, feeds // 2)
        self._young: dict[int, Known] = {}
        self._old: dict[int, Known] = {}
        self._ids = 0

    def __bool__(self) -> bool:
        return bool(self._young or self._old)

    def find(self, account_id: int) -> Known | None:
        """What is known of a feed that is asked for."""
        known = self._young.get(account_id)
        if known is None and (known := self._old.pop(account_id, None)) is not None:
            self.add(account_id, known)
        return known

    def add(self, account_id: int, known: Known) -> Known:
        """Take note of a feed that was not found."""
        self._young[account_id] = known
        self._ids += len(known.feed.ids) if known.feed else 0
        self._age()
        return known

    def keep(self, account_id: int, known: Known, version: int, feed: StoredFeed) -> None:
        """Remember a feed, unless it has changed since `version`, or been forgotten with everything else."""
        if known.version == version and self.find(account_id) is known:
            self._ids += len(feed.ids) - (len(known.feed.ids) if known.feed else 0)
            known.feed = feed
            self._age()

    def forget(self, account_id: int) -> None:
        """A feed has changed."""
        known = self._young.get(account_id)
        if known is None:
            known = self._old.get(account_id)
        elif known.feed:
            self._ids -= len(known.feed.ids)
        if known is not None:
            known.feed, known.version = None, next(_versions)

    def clear(self) -> None:
        """Any feed may have changed."""
        self._young, self._old, self._ids = {}, {}, 0

    def _age(self) -> None:
        if len(self._young) > self._half or self._ids > self._half * _IDS_PER_FEED:
            self._young, self._old, self._ids = {}, self._young, 0
