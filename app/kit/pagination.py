"""Mastodon's paging by id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Select

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for.

    `max_id`: older than it. `since_id`: the newest ones newer than it. `min_id`: the ones immediately
    newer than it. All exclusive; `limit` entries at most. Answers are always newest first.
    """

    CURSORS: ClassVar = ("max_id", "since_id", "min_id")

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def ascending(self) -> bool:
        """Whether the page grows upwards from its bound."""
        return self.min_id is not None

    @property
    def floor(self) -> int:
        """Every id on the page is greater than this."""
        return max(self.min_id or 0, self.since_id or 0)

    def after(self, last: int, limit: int) -> "Page":
        """The rest of this page once `last` was the end of what has been read, for `limit` more."""
        return replace(self, limit=limit, **({"min_id": last} if self.ascending else {"max_id": last}))


def bounded(query: Select[*tuple[Any, ...]], cursor: Any, page: Page) -> Select[*tuple[Any, ...]]:
    """`query` cut down to a page by the column `cursor`. Its rows may come upwards: see `newest_first`."""
    if page.max_id is not None:
        query = query.where(cursor < page.max_id)
    if page.floor:
        query = query.where(cursor > page.floor)
    return query.order_by(cursor.asc() if page.ascending else cursor.desc()).limit(page.limit)


def newest_first(rows: Sequence[T], page: Page) -> Sequence[T]:
    """What a `bounded` query gave, newest first."""
    return rows[::-1] if page.ascending else rows
