"""Where everything stands in the picture of a tree: the root in the middle, each hop on a ring further out, branches
clockwise in the order in which they began.

The heaviest nodes are drawn, first of all those through which someone was hired or applied. What is left out below a
drawn node is gathered into one bundle there: with the drawn nodes the bundles hold the whole tree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, log2, pi, sin, sqrt

from app.cascades.tree import Tree

DRAWN = 1_400
_GOLDEN = 0.618034
# Rings further out than this come closer and closer together.
_WIDE_RINGS = 8
_SMALLEST, _LARGEST = 220.0, 560.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A node: where it stands, in polar and in plain coordinates around the root, and how large."""

    place: int
    parent: int
    level: int
    angle: float
    distance: float
    radius: float

    @property
    def x(self) -> float:
        return self.distance * cos(self.angle)

    @property
    def y(self) -> float:
        return self.distance * sin(self.angle)


@dataclass(frozen=True, slots=True)
class Bundle(Dot):
    """`count` nodes below `parent` that are not drawn."""

    count: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Dots by place (the root's first), bundles by the place they hang on, and how far out each ring is."""

    dots: dict[int, Dot]
    bundles: dict[int, Bundle]
    rings: list[float]


def lay_out(tree: Tree, most: int = DRAWN) -> Layout:
    """Draw at most `most` nodes beside the root. The same tree always gives the same picture."""
    drawn = chosen(tree, most)
    kept = [0, *drawn]
    children: dict[int, list[int]] = {place: [] for place in kept}
    for place in drawn:
        children[tree.parents[place]].append(place)
    hidden = {place: _left_out(tree, place, children[place]) for place in kept}
    slots = _slots(kept, children, hidden)
    rings = _rings(tree, drawn, hidden)
    base = min(7.0, max(1.7, 26 / sqrt(len(kept))))
    return _place(tree, children, hidden, slots, rings, base)


def chosen(tree: Tree, most: int) -> list[int]:
    """The places to draw, rising. With a node all nodes above it are among them: these weigh more."""

    def rank(place: int) -> tuple[int, bool, int, int]:
        return -tree.hires[place], not tree.applications[place], -tree.weight(place), place

    return sorted(sorted(range(1, len(tree)), key=rank)[:most])


def _left_out(tree: Tree, place: int, drawn: Sequence[int]) -> int:
    return tree.below[place] - sum(tree.below[child] + 1 for child in drawn)


def _slots(kept: Sequence[int], children: dict[int, list[int]], hidden: dict[int, int]) -> dict[int, float]:
    """How much of the circle each branch wants: as much as its outermost dots."""
    slots: dict[int, float] = {}
    for place in reversed(kept):
        wanted = sum(slots[child] for child in children[place]) + _bundle_slot(hidden[place])
        slots[place] = max(1.0, wanted)
    return slots


def _bundle_slot(count: int) -> float:
    return 0.8 + 0.9 * log2(count + 1) if count else 0.0


def _rings(tree: Tree, drawn: Sequence[int], hidden: dict[int, int]) -> list[float]:
    """How far out each level is. A crowded level gets a wider band."""
    crowd = [0.0, 0.0]
    for level in (tree.levels[place] for place in drawn):
        crowd += [0.0] * (level + 1 - len(crowd))
        crowd[level] += 1
    for place, count in hidden.items():
        level = tree.levels[place] + 1
        crowd += [0.0] * (level + 1 - len(crowd)) if count else []
        crowd[min(level, len(crowd) - 1)] += 1 if count else 0
    fullest = max(*crowd, 1.0)
    rings = [0.0]
    for level in range(1, len(crowd)):
        band = 46 + 92 * sqrt(crowd[level] / fullest) * min(1.0, sqrt(fullest) / 14)
        if level > _WIDE_RINGS:
            band *= 0.8 ** (level - _WIDE_RINGS)
        rings.append(rings[-1] + band + (26 if level == 1 else 0))
    fit = min(max(rings[-1], _SMALLEST), _LARGEST) / rings[-1]
    return [distance * fit for distance in rings]


def _place(
    tree: Tree,
    children: dict[int, list[int]],
    hidden: dict[int, int],
    slots: dict[int, float],
    rings: list[float],
    base: float,
) -> Layout:
    dots = {0: Dot(0, 0, 0, 0.0, 0.0, max(15.0, _radius(tree, 0, base)))}
    bundles: dict[int, Bundle] = {}
    sectors = {0: (-pi / 2, 2 * pi)}
    crowded = [0.0] * len(rings)
    for place in children:
        start, width = sectors.pop(place)
        level = tree.levels[place] + 1
        share = width / slots[place] if slots[place] else 0.0
        # The bundle stands after the branches that began first, where it is out of their way.
        for child in children[place]:
            span = slots[child] * share
            angle = start + span / 2
            sectors[child] = (start, span)
            band = rings[level] - rings[level - 1]
            radius = min(_radius(tree, child, base), 0.34 * band)
            crowded[level] += _GOLDEN
            away = 0.0 if children[child] else _stagger(crowded[level], band, len(children))
            dots[child] = Dot(child, place, level, angle, rings[level] + away, radius)
            start += span
        if hidden[place]:
            span = _bundle_slot(hidden[place]) * share
            band = rings[level] - rings[level - 1]
            radius = min(0.8 + 1.2 * log2(1 + hidden[place]), 18.0, 0.3 * band)
            away = 0.0 if radius > 10 else _stagger(crowded[level] + 0.3, band, len(children)) * 0.6
            crowded[level] += _GOLDEN
            angle = start + span / 2
            bundles[place] = Bundle(-1, place, level, angle, rings[level] + away, radius, hidden[place])
    return Layout(dots, bundles, rings)


def _radius(tree: Tree, place: int, base: float) -> float:
    """Larger by what hangs on a node, and by how much of the whole that is: some must stand out in any tree."""
    weight = tree.weight(place)
    return min(base * (1 + 0.18 * log2(1 + weight)) + 16 * sqrt(weight / max(tree.weight(0), 1)), 24.0)


def _stagger(turn: float, band: float, drawn: int) -> float:
    """In a crowd neighbours stand before and behind each other."""
    return (turn % 1 - 0.5) * 0.72 * band * min(1.0, drawn / 250)
