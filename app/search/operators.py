"""Operators in the search box, as on Mastodon: from:anna has:media language:zh before:2026-11-01.

They work in every place where posts are searched for. What is no operator stays a word, so that nothing a
person types is an error; within quotation marks everything is words.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.kit.ids import LARGEST, at
from app.search.index import PostKind, Trait

ME = "me"
_MOST_AUTHORS = 10
_PART = re.compile(r"""-*["“][^"”]*["”]|\S+""")
_OPERATOR = re.compile(r"(?P<minus>-)?(?P<name>[a-z]+)[:：](?P<value>\S+)", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_USERNAME = re.compile(r"@?(?P<name>[A-Za-z0-9_]{1,30})(?:@\S+)?")
_HAS: Mapping[str, Trait] = {
    "media": "media",
    "image": "image",
    "video": "video",
    "link": "link",
    "embed": "link",
    "poll": "poll",
}
_IS_TRAIT: Mapping[str, Trait] = {"reply": "reply", "sensitive": "sensitive"}
_IS_KIND: Mapping[str, PostKind] = {"quote": "quote", "job": "job"}


@dataclass(slots=True)
class Typed:
    """What was typed: `words`, and what the operators among them ask for.

    `authors` and `not_authors` are usernames in lower case (`ME`: whoever asks); `before` and `after` ids, exclusive.
    """

    words: str = ""
    authors: list[str] = field(default_factory=list)
    not_authors: list[str] = field(default_factory=list)
    traits: list[Trait] = field(default_factory=list)
    without: list[Trait] = field(default_factory=list)
    kinds: list[PostKind] = field(default_factory=list)
    language: str | None = None
    before: int | None = None
    after: int | None = None

    @property
    def any(self) -> bool:
        """Whether there was an operator at all."""
        return self != Typed(words=self.words)


def read_operators(text: str) -> Typed:
    """Take the operators out of `text`."""
    typed = Typed()
    words = [part for part in _PART.findall(text) if not _understood(part, typed)]
    typed.words = " ".join(words)
    return typed


def _understood(part: str, typed: Typed) -> bool:
    match = _OPERATOR.fullmatch(part)
    reader = _READERS.get(match["name"].lower()) if match else None
    return bool(match and reader and reader(typed, match["value"].lower(), match["minus"] is not None))


def _from(typed: Typed, value: str, minus: bool) -> bool:
    match = _USERNAME.fullmatch(value)
    names = typed.not_authors if minus else typed.authors
    if match is None or len(names) >= _MOST_AUTHORS:
        return False
    names.append(match["name"])
    return True


def _has(typed: Typed, value: str, minus: bool) -> bool:
    return _trait(typed, _HAS.get(value), minus)


def _is(typed: Typed, value: str, minus: bool) -> bool:
    if value in _IS_KIND and not minus:
        typed.kinds.append(_IS_KIND[value])
        return True
    return _trait(typed, _IS_TRAIT.get(value), minus)


def _trait(typed: Typed, trait: Trait | None, minus: bool) -> bool:
    if trait is None:
        return False
    traits = typed.without if minus else typed.traits
    if trait not in traits:
        traits.append(trait)
    return True


def _language(typed: Typed, value: str, minus: bool) -> bool:
    if minus or not _LANGUAGE.fullmatch(value):
        return False
    typed.language = value
    return True


def _before(typed: Typed, value: str, minus: bool) -> bool:
    day = None if minus else _day(value)
    if day is not None:
        _narrow(typed, before=at(day))
    return day is not None


def _after(typed: Typed, value: str, minus: bool) -> bool:
    day = None if minus else _day(value)
    if day is not None:
        _narrow(typed, after=at(day))
    return day is not None


def _during(typed: Typed, value: str, minus: bool) -> bool:
    day = None if minus else _day(value)
    if day is not None:
        _narrow(typed, after=at(day) - 1, before=at(day) + (_DAY_MILLISECONDS << 16))
    return day is not None


_DAY_MILLISECONDS = timedelta(days=1) // timedelta(milliseconds=1)


def _narrow(typed: Typed, *, before: int | None = None, after: int | None = None) -> None:
    if before is not None:
        typed.before = min(max(before, 0), LARGEST, typed.before if typed.before is not None else LARGEST)
    if after is not None:
        typed.after = max(min(after, LARGEST), 0, typed.after or 0)


def _day(value: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[Typed, str, bool], Any]] = {
    "from": _from,
    "has": _has,
    "is": _is,
    "language": _language,
    "lang": _language,
    "before": _before,
    "after": _after,
    "during": _during,
}
