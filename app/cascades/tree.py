"""A whole cascade, and what can be counted in it by one pass over its nodes.

Nodes are known by their place: 0 is the root, the others follow in the order of their ids. What came through a post is
younger than the post, so a parent's place is always before its children's, and one pass backwards counts every branch.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

QUOTE, REMOVED, HIDDEN = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Nodes:
    """Reposts and quotes by rising id, column by column. `flags` say what each is (`QUOTE`), whether it is gone
    (`REMOVED`), and whether it is for some eyes only (`HIDDEN`)."""

    ids: Sequence[int] = ()
    parents: Sequence[int] = ()
    accounts: Sequence[int] = ()
    flags: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Leaves:
    """Applications by rising id, column by column: through which post each came, how far it has got."""

    ids: Sequence[int] = ()
    vias: Sequence[int] = ()
    interviewed: Sequence[bool] = ()
    hired: Sequence[bool] = ()


class Tree:
    """A cascade whose branches are counted. Lists hold one entry for each place.

    `below` counts the nodes beneath, however deep; gone ones keep their place and are counted. `applications`,
    `interviews` and `hires` count those who came through this node or one beneath it.
    """

    def __init__(self, root_id: int, root_account: int, nodes: Nodes, leaves: Leaves) -> None:
        self.ids = [root_id, *nodes.ids]
        self.accounts = [root_account, *nodes.accounts]
        self.flags = [0, *nodes.flags]
        self.place_of = {id: place for place, id in enumerate(self.ids)}
        self.parents = [0, *(self.place_of.get(parent, 0) for parent in nodes.parents)]
        self.leaves = leaves
        self._count()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def latest(self) -> int:
        """The highest id of a node or application."""
        return max(self.ids[-1], self.leaves.ids[-1] if self.leaves.ids else 0)

    def weight(self, place: int) -> int:
        """How much hangs on a node: what was reposted and who applied beneath it."""
        return self.below[place] + self.applications[place]

    def names(self, place: int) -> bool:
        """Whether everyone may know who is at a place: it stands, and it is public."""
        return not self.flags[place] & (REMOVED | HIDDEN)

    def ancestors(self, place: int) -> Iterator[int]:
        """The places above one, upwards, the root's last; none above the root."""
        while place:
            place = self.parents[place]
            yield place

    def _count(self) -> None:
        size = len(self.ids)
        # Most have no children: one list for them all, which nothing is added to.
        childless: list[int] = []
        self.children = [childless] * size
        self.below, self.levels = [0] * size, [0] * size
        for place in range(1, size):
            parent = self.parents[place]
            if self.children[parent] is childless:
                self.children[parent] = []
            self.children[parent].append(place)
            self.levels[place] = self.levels[parent] + 1
        self.applications, self.interviews, self.hires = [0] * size, [0] * size, [0] * size
        # Of each place, which of `leaves` came straight through it.
        self.through: dict[int, list[int]] = {}
        for number, via in enumerate(self.leaves.vias):
            place = self.place_of.get(via, 0)
            self.through.setdefault(place, []).append(number)
            self.applications[place] += 1
            self.interviews[place] += self.leaves.interviewed[number]
            self.hires[place] += self.leaves.hired[number]
        for place in range(size - 1, 0, -1):
            parent = self.parents[place]
            self.below[parent] += self.below[place] + 1
            self.applications[parent] += self.applications[place]
            self.interviews[parent] += self.interviews[place]
            self.hires[parent] += self.hires[place]
