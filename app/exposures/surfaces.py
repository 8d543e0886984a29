"""Where something was shown, from the path of the request."""

import re
from functools import lru_cache

_PLACES: tuple[tuple[str, str], ...] = (
    (r"/api/v1/timelines/home", "home"),
    (r"/api/v1/timelines/public", "public"),
    (r"/api/v1/timelines/tag/.*", "tag"),
    (r"/api/v1/timelines/list/.*", "list"),
    (r"/api/v1/accounts/[^/]+/statuses", "account"),
    (r"/api/v1/statuses/[^/]+(/context)?", "status"),
    (r"/api/v2/search", "search"),
    (r"/api/weizhi/v1/search/.*", "search"),
    (r"/api/v1/trends/.*", "trends"),
    (r"/api/v1/streaming.*", "stream"),
)
_PATTERNS = [(re.compile(pattern), place) for pattern, place in _PLACES]


@lru_cache(maxsize=10_000)
def surface_of(path: str) -> str:
    """The name of a place; a word that is no path is one already."""
    if not path.startswith("/"):
        return path
    return next((place for pattern, place in _PATTERNS if pattern.fullmatch(path)), "other")
