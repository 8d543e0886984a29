"""Mastodon's paging by id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote, urlencode

from sqlalchemy import Select

from app.kit.ids import LARGEST
from app.kit.site import Site

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

    @property
    def ceiling(self) -> int:
        """Every id on the page is less than this."""
        return LARGEST if self.max_id is None else self.max_id

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


def page_links(
    site: Site, path: str, query: Sequence[tuple[str, str]], *, older_than: int | None, newer_than: int | None
) -> str:
    """The value of the `Link` header for a path and its query: the next (older) and previous (newer) page."""
    older, newer, both = _links(site.url, path, tuple(query))
    if older_than is not None and newer_than is not None:
        return both % (older_than, newer_than)
    if older_than is not None:
        return older % older_than
    return newer % newer_than if newer_than is not None else ""


@lru_cache(maxsize=10_000)
def _links(url: str, path: str, query: tuple[tuple[str, str], ...]) -> tuple[str, str, str]:
    """The links to the older page, the newer and both, which are without the ids that these begin after."""
    kept = [(key, value) for key, value in query if key not in Page.CURSORS]
    # Headers are ASCII, paths (of topics) need not be.
    base = f"{url}{quote(path)}?{urlencode(kept)}{'&' if kept else ''}".replace("%", "%%")
    older, newer = f'<{base}max_id=%d>; rel="next"', f'<{base}min_id=%d>; rel="prev"'
    return older, newer, f"{older}, {newer}"
