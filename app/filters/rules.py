"""Whether a post meets a filter: pure, and quick, as every post shown is asked."""

import re
import unicodedata
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
    found, folded = [], _fold(text)
    for rule in rules:
        keywords = tuple(keyword for keyword, whole in rule.keywords if _holds(folded, _folded(keyword), whole))
        posts = tuple(id for id in post_ids if id in rule.post_ids)
        if keywords or posts:
            found.append(Match(rule, keywords, posts))
    return found


def _holds(text: str, keyword: str, whole: bool) -> bool:
    position = text.find(keyword)
    while position >= 0 and keyword:
        end = position + len(keyword)
        goes_on = whole and (
            (_in_a_word(keyword[0]) and position > 0 and _in_a_word(text[position - 1]))
            or (_in_a_word(keyword[-1]) and end < len(text) and _in_a_word(text[end]))
        )
        if not goes_on:
            return True
        position = text.find(keyword, position + 1)
    return False


def _fold(text: str) -> str:
    # Full width or half, upper case or lower, typed as one character or as two: it is the same word.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=20_000)
def _folded(keyword: str) -> str:
    return _fold(keyword)


def _in_a_word(character: str) -> bool:
    """Whether a word could go on with it. Chinese, Japanese and the like run on without spaces: there none can tell."""
    if _RUNS_ON.match(character):
        return False
    return character == "_" or character.isalnum() or unicodedata.category(character).startswith("M")


_RUNS_ON = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]"
)
