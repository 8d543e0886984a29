"""How names that people filter by are compared: skills without case, places without 市 or 省."""

import re
from collections.abc import Iterable

from app.search.chinese import normalize

_PLACE_SUFFIX = re.compile(r"(?<=..)(?:特别行政区|特別行政區|市|省)$")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")


def plain(value: str) -> str:
    """`value` on one line, without control characters."""
    return _CONTROLS.sub(" ", value).strip()


def skill_key(name: str) -> str:
    """What a skill is compared by: `Python` and `PYTHON` are one."""
    return normalize(plain(name))


def place(name: str) -> str:
    """A place's name to show: 上海市 and 上海 are both 上海."""
    return _PLACE_SUFFIX.sub("", plain(name))


def place_key(name: str) -> str:
    """What a place is compared by: 臺北市 is 台北."""
    return place(normalize(name))


def skills_by_key(names: Iterable[str]) -> dict[str, str]:
    """Skills to show, by key, each once."""
    return {key: plain(name) for name in names if (key := skill_key(name))}


def places_by_key(names: Iterable[str]) -> dict[str, str]:
    """Places to show, by key, each once."""
    return {key: place(name) for name in names if (key := place_key(name))}
