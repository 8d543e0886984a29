"""What the fast lane understands: a path and a plain query become a timeline and a page. All else is left to routes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl

from app.kit.ids import LARGEST
from app.kit.pagination import Page
from app.timeline.calm import ORDERS
from app.timeline.sources import DEFAULT, MOST

Kind: TypeAlias = Literal["home", "public", "tag", "list", "account", "status"]
_ID = r"([0-9]{1,19})"
_EXACT: dict[str, Kind] = {"/api/v1/timelines/home": "home", "/api/v1/timelines/public": "public"}
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("status", re.compile(rf"/api/v1/statuses/{_ID}")),
    ("account", re.compile(rf"/api/v1/accounts/{_ID}/statuses")),
    ("tag", re.compile(r"/api/v1/timelines/tag/([^/]{1,110})")),
    ("list", re.compile(rf"/api/v1/timelines/list/{_ID}")),
)
# Paths as the routes have them: the names under which requests are counted.
ROUTES: dict[Kind, str] = {
    "home": "/api/v1/timelines/home",
    "public": "/api/v1/timelines/public",
    "tag": "/api/v1/timelines/tag/{hashtag}",
    "list": "/api/v1/timelines/list/{id}",
    "account": "/api/v1/accounts/{id}/statuses",
    "status": "/api/v1/statuses/{id}",
}
_FLAGS: dict[Kind, frozenset[str]] = {
    "home": frozenset(),
    "public": frozenset(("local", "only_media")),
    "tag": frozenset(("local", "only_media")),
    "list": frozenset(),
    "account": frozenset(("exclude_replies", "exclude_reblogs", "only_media")),
    "status": frozenset(),
}
# What is longer is nothing that a client asks again and again.
LONGEST = 400
_TRUE, _FALSE = frozenset(("true", "1")), frozenset(("false", "0"))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `name` is the topic's or, as digits, the id in the path; `flags` those that are set.

    `order` is the home timeline's. `at_top`: its page begins with the newest there is.
    """

    kind: Kind
    name: str
    page: Page
    flags: frozenset[str]
    query: Sequence[tuple[str, str]]
    order: str | None = None
    at_top: bool = True


def kind_of(path: str) -> tuple[Kind, str] | None:
    """Which timeline a path names, and its name or id; None for one that names none, or is strangely long."""
    return _kind_of(path) if len(path) <= LONGEST else None


@lru_cache(maxsize=10_000)
def _kind_of(path: str) -> tuple[Kind, str] | None:
    if kind := _EXACT.get(path):
        return kind, ""
    if path.startswith("/api/v1/"):
        for kind, pattern in _PATTERNS:
            if found := pattern.fullmatch(path):
                return kind, found[1]
    return None


def parse(kind: Kind, name: str, query: bytes) -> Asked | None:
    """A request with a query of known parameters, each given once and in its plain form; None for any other."""
    return _parse(kind, name, query) if len(query) <= LONGEST else None


@lru_cache(maxsize=10_000)
def _parse(kind: Kind, name: str, query: bytes) -> Asked | None:
    if not query:
        return Asked(kind, name, Page(limit=DEFAULT), frozenset(), ())
    pairs = parse_qsl(query.decode("ascii", "replace"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs):
        return None
    numbers: dict[str, int] = {}
    flags: set[str] = set()
    for key, value in pairs:
        if key in Page.CURSORS or key == "limit":
            if not (value.isascii() and value.isdigit() and len(value) <= 19):
                return None
            numbers[key] = int(value)
        elif kind == "home" and key == "order":
            if value not in ORDERS:
                return None
        elif key in _FLAGS[kind] and value in _TRUE:
            flags.add(key)
        elif key not in _FLAGS[kind] or value not in _FALSE:
            return None
    limit = numbers.pop("limit", DEFAULT)
    if limit < 1 or any(number > LARGEST for number in numbers.values()):
        return None
    page = Page(limit=min(limit, MOST), **numbers)
    return Asked(kind, name, page, frozenset(flags), tuple(pairs), given.get("order"), at_top=not numbers)
