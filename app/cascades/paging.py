"""Which part of a tree one page shows."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from app.cascades.tree import Tree


class Spot(NamedTuple):
    """One entry of a tree in the order of pages: hops below where the pages start, the heaviest first."""

    level: int
    lightness: int
    id: int
    # Of a node its place; of an application its number among the tree's `leaves`, inverted: below 0.
    place: int

    @property
    def leaf(self) -> int | None:
        """The number of an application."""
        return ~self.place if self.place < 0 else None


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a tree is asked for: the branch at the place `start`, down `depth` levels, of each node the `breadth`
    heaviest children; `limit` entries after the cursor (level, weight, id)."""

    start: int = 0
    depth: int | None = None
    breadth: int | None = None
    after: tuple[int, int, int] = (0, 0, 0)
    limit: int = 100


def page(tree: Tree, cut: Cut) -> list[Spot]:
    """The entries of one page. A parent always comes before its children.

    An application weighs as much as a repost with one applicant beneath it.
    """
    level, weight, id = cut.after
    after = (level, -weight, id, len(tree))
    found: list[Spot] = []
    shown, depth = [cut.start], 0
    while shown and len(found) < cut.limit and (cut.depth is None or depth < cut.depth):
        depth += 1
        spots = sorted(spot for place in shown for spot in _children(tree, place, depth, cut.breadth))
        shown = [spot.place for spot in spots if spot.place > 0]
        if depth >= level:
            found += spots[bisect_right(spots, after) :][: cut.limit - len(found)]
    return found


def _children(tree: Tree, place: int, depth: int, breadth: int | None) -> list[Spot]:
    spots = [Spot(depth, -tree.weight(child), tree.ids[child], child) for child in tree.children[place]]
    spots += [Spot(depth, -1, tree.leaves.ids[number], ~number) for number in tree.through.get(place, ())]
    return spots if breadth is None else sorted(spots)[:breadth]
