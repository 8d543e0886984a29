"""Names beside the largest dots, where there is room for them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, sin

from app.cascades.layout import Dot

_LONGEST = 12
# What would turn the writing around, or is not to be seen.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]")


@dataclass(frozen=True, slots=True)
class Label:
    """A name with its number; `x` and `y` where its baseline begins."""

    x: float
    y: float
    size: float
    name: str
    count: str


def shortened(name: str, longest: int = _LONGEST) -> str:
    """A name fit for a picture: one line, nothing unseen, not too long."""
    plain = " ".join(_UNSEEN.sub("", name).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def place_labels(dots: Iterable[Dot], texts: dict[int, tuple[str, str]], *, outer: float, most: int) -> list[Label]:
    """Names for dots in the order given, as far as they neither cover each other nor the larger dots."""
    dots = list(dots)
    taken = [_around(dot) for dot in dots if dot.radius >= 7]
    placed: list[Label] = []
    for dot in dots:
        if len(placed) == most:
            break
        if dot.place not in texts:
            continue
        name, count = texts[dot.place]
        size = min(17.0, 10.5 + dot.radius / 3)
        width = _width(f"{name} {count}", size)
        own = _around(dot)
        for x, y in _spots(dot, width, size):
            box = (x - 2, y - size, x + width + 2, y + 4)
            if max(abs(box[0]), abs(box[2])) > outer or max(abs(box[1]), abs(box[3])) > outer:
                continue
            if not any(_meet(box, other) for other in taken if other != own):
                taken.append(box)
                placed.append(Label(x, y, size, name, count))
                break
    return placed


_Box = tuple[float, float, float, float]


def _around(dot: Dot) -> _Box:
    return (dot.x - dot.radius, dot.y - dot.radius, dot.x + dot.radius, dot.y + dot.radius)


def _spots(dot: Dot, width: float, size: float) -> list[tuple[float, float]]:
    gap = dot.radius + 4
    right = (dot.x + gap, dot.y + size * 0.35)
    left = (dot.x - gap - width, dot.y + size * 0.35)
    above, below = (dot.x - width / 2, dot.y - gap), (dot.x - width / 2, dot.y + gap + size * 0.8)
    sides = [right, left] if cos(dot.angle) >= 0 else [left, right]
    return [*sides, below, above] if sin(dot.angle) >= 0 else [*sides, above, below]


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _width(text: str, size: float) -> float:
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return size * (wide + 0.58 * (len(text) - wide))
