"""Who brings whom: what came through each reposter's posts, and of those without a name through all of theirs."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.cascades.funnel import FEWEST
from app.cascades.tree import Tree

Measure: TypeAlias = Literal["reach", "reposts", "applications", "interviews", "hires"]

# Not an account: everyone who may not be named.
NAMELESS = 0


@dataclass(slots=True)
class Brought:
    """What came through the posts of one account, or of all `people` without a name."""

    account_id: int
    people: int = 1
    own: int = 0
    reach: int = 0
    reposts: int = 0
    applications: int = 0
    interviews: int = 0
    hires: int = 0


def tally(tree: Tree, *, reach: Mapping[int, int], unnamed: Collection[int]) -> dict[int, Brought]:
    """By account what came through it, under `NAMELESS` what came through the rest.

    `reach` is each post's. A post that is private or gone, or by one of the `unnamed`, counts for nobody by name,
    even when the same account has public ones. What lies below two posts of one account counts once.
    """
    found: dict[int, Brought] = {}
    nameless: set[int] = set()
    for place, owner, is_first in _walk(tree, unnamed):
        brought = found.setdefault(owner, Brought(owner))
        brought.own += 1
        brought.reach += reach.get(tree.ids[place], 0)
        if owner == NAMELESS:
            nameless.add(tree.accounts[place])
        if is_first:
            brought.reposts += tree.below[place]
            brought.applications += tree.applications[place]
            brought.interviews += tree.interviews[place]
            brought.hires += tree.hires[place]
    if NAMELESS in found:
        found[NAMELESS].people = len(nameless)
    return found


def best(found: Mapping[int, Brought], measure: Measure, *, after: tuple[int, int] | None, limit: int) -> list[Brought]:
    """Those with a name, the most first, after the cursor (amount, account)."""

    def place(brought: Brought) -> tuple[int, int]:
        return -amount(brought, measure), brought.account_id

    rows = sorted((brought for owner, brought in found.items() if owner != NAMELESS), key=place)
    if after is not None:
        rows = [row for row in rows if place(row) > (-after[0], after[1])]
    return rows[:limit]


def amount(brought: Brought, measure: Measure) -> int:
    """How much somebody brought, by a measure; of few readers no order tells either."""
    number: int = getattr(brought, measure)
    return 0 if measure == "reach" and number < FEWEST else number


def _walk(tree: Tree, unnamed: Collection[int]) -> Iterator[tuple[int, int, bool]]:
    """Each place, who owns it, and whether nothing of the same owner is above it."""
    above: dict[int, int] = defaultdict(int)
    hidden = set(unnamed)
    # Inverted places are on the way back up.
    stack = tree.children[0][::-1]
    while stack:
        place = stack.pop()
        if place < 0:
            above[_owner(tree, ~place, hidden)] -= 1
            continue
        owner = _owner(tree, place, hidden)
        yield place, owner, not above[owner]
        if tree.children[place]:
            above[owner] += 1
            stack += [~place, *tree.children[place]]


def _owner(tree: Tree, place: int, hidden: set[int]) -> int:
    account = tree.accounts[place]
    return account if tree.names(place) and account not in hidden else NAMELESS
