"""Whether a post meets a filter: pure, and quick, as every post shown is asked."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One filter with its words (each with whether it must stand alone) and posts."""

    id: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: datetime | None
    keywords: tuple[tuple[str, bool], ...]
    post_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Match:
    """What of a filter a post met: words, as the filter has them, and posts."""

    rule: FilterRule
    keywords: tuple[str, ...]
    post_ids: tuple[int, ...]


def matches(rules: tuple[FilterRule, ...], *, text: str, post_ids: tuple[int, ...]) -> list[Match]:
    """The filters that `text` (all a post says, as plain text) or the post itself, or what it carries, meets."""
    found = []
    for rule in rules:
        keywords = tuple(keyword for keyword, whole in rule.keywords if _pattern(keyword, whole).search(text))
        posts = tuple(id for id in post_ids if id in rule.post_ids)
        if keywords or posts:
            found.append(Match(rule, keywords, posts))
    return found


@lru_cache(maxsize=10_000)
def _pattern(keyword: str, whole: bool) -> re.Pattern[str]:
    # Chinese runs on without spaces: only letters and digits of alphabets can make a keyword part of a longer word.
    before = r"(?<![0-9A-Za-z_\u00c0-\u024f])" if whole and _in_a_word(keyword[:1]) else ""
    after = r"(?![0-9A-Za-z_\u00c0-\u024f])" if whole and _in_a_word(keyword[-1:]) else ""
    return re.compile(before + re.escape(keyword) + after, re.IGNORECASE)


def _in_a_word(character: str) -> bool:
    return re.match(r"[0-9A-Za-z_\u00c0-\u024f]", character) is not None
