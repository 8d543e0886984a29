"""What a stored feed says: its list as it was read, and the pages that can be told from it."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple, cast

import orjson

from app.kit.pagination import Page
from app.timeline.feeds import CAPACITY, FeedPage

OPENED, WHOLE = "!open:", "!whole"
_OPENED, _WHOLE, _MARK = OPENED.encode(), WHOLE.encode(), ord("!")
# A head, rather than all of a feed.
_SHORT = 64
# Ids that were read lately: the heads of feeds are mostly the same posts, and share these objects.
_MOST_NUMBERS = 100_000
_numbers: dict[bytes, int] = {}


class StoredFeed(NamedTuple):
    """Ids of a ready feed, newest first. `ended`: these are all it holds; `whole`: nothing older exists."""

    ids: "array[int] | list[int]"
    ended: bool
    whole: bool
    version: int = -1

    def page(self, page: Page) -> FeedPage | None:
        """A page; None when it needs more of the feed than is known here."""
        ids, floor = self.ids, page.floor
        if not floor and page.max_id is page.min_id is None and len(ids) >= page.limit:
            return FeedPage(list(ids[: page.limit]), True, self.version)
        start = 0 if page.max_id is None else bisect_right(ids, -page.max_id, key=int.__neg__)
        end = bisect_left(ids, -floor, key=int.__neg__) if floor else len(ids)
        # Everything above the floor is known if something at or below it is.
        reaches = end < len(ids) or self.whole
        if not reaches and not self.ended and (page.ascending or end - start < page.limit):
            return None
        if page.ascending:
            # What comes just above the bound is known only if the feed reaches down to it.
            found = list(ids[max(start, end - page.limit) : max(start, end)]) if reaches else []
            return FeedPage(found, reaches, self.version)
        found = list(ids[start : min(end, start + page.limit)])
        return FeedPage(found, reaches or len(found) == page.limit, self.version)


def parse(items: Sequence[bytes], *, all: bool, version: int = -1) -> StoredFeed | None:
    """The feed that a list, or its head, holds; None when it is missing or still building. `all`: nothing follows."""
    if not items or items[0].startswith(_OPENED):
        return None
    end, ended, whole = len(items), all, False
    if items[-1][0] == _MARK:
        while end and items[end - 1][0] == _MARK:
            end -= 1
        ended, whole = True, _WHOLE in items[end:]
    if end <= _SHORT:
        return StoredFeed(_shared(items[:end]), ended, whole, version)
    # Half the time that `int` takes for each, and a fifth of the memory.
    ids = array("q", orjson.loads(b"[%b]" % b",".join(items[:end])))
    if end > CAPACITY:  # The store trims now and then only.
        return StoredFeed(ids[:CAPACITY], True, False, version)
    return StoredFeed(ids, ended, whole, version)


def _shared(items: Sequence[bytes]) -> list[int]:
    found = list(map(_numbers.get, items))
    if None in found:
        if len(_numbers) > _MOST_NUMBERS:
            _numbers.clear()
        return [_numbers.setdefault(item, int(item)) for item in items]
    return cast(list[int], found)
