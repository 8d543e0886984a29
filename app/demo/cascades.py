"""How posts travel: trees of reposts and quotes grown along the follow graph."""

from math import exp, log
from random import Random

from app.demo.facts import DEEPEST, NOT_FROM_ROOT, PARENT_DELAY
from app.demo.graph import Graph
from app.demo.people import Person
from app.demo.plan import Plan
from app.demo.posts import DIRECT, EXPLICIT, FOLLOW, PUBLIC, QUOTE, REPOST, Posts

_SHARES = [share for share, _ in PARENT_DELAY]
_LOGS = [log(seconds) for _, seconds in PARENT_DELAY]
_QUOTED = 0.17


def parent_delay(rng: Random) -> int:
    """Milliseconds between a post and a repost of it, drawn from the measured distribution."""
    share = rng.random()
    step = next(index for index in range(1, len(_SHARES)) if share <= _SHARES[index])
    part = (share - _SHARES[step - 1]) / (_SHARES[step] - _SHARES[step - 1])
    return int(1000 * exp(_LOGS[step - 1] + part * (_LOGS[step] - _LOGS[step - 1]) + rng.uniform(-0.05, 0.05)))


def cascade_size(rng: Random, most: int) -> int:
    """How many reposts a post that is reposted at all gets: a power law, most get one or two."""
    return min(most, int(rng.paretovariate(1.05)))


class Grower:
    """Grows one cascade at a time over the shared columns."""

    def __init__(self, plan: Plan, people: list[Person], graph: Graph, posts: Posts, rng: Random) -> None:
        self._last = plan.end - 30_000
        self._people = people
        self._graph = graph
        self._posts = posts
        self._rng = rng

    def grow(self, root: int, size: int, *, chain: int = 0, barred: frozenset[int] = frozenset()) -> list[int]:
        """Up to `size` reposts and quotes of `root`, the first `chain` of them each from the one before."""
        nodes: list[int] = []
        members = {self._posts.author[root], *barred}
        for number in range(size):
            chained = number < chain
            parent = (nodes[-1] if nodes else root) if chained else self._parent(root, nodes)
            node = self._repost(
                root,
                parent,
                members,
                hurried=chained or (chain > 0 and number < 4 * chain),
                quote=chained and number % 2 == 0,
            )
            if node is None and parent != root:
                node = self._repost(root, root, members, hurried=False, quote=False)
            if node is None:
                continue
            nodes.append(node)
            members.add(self._posts.author[node])
        return nodes

    def _parent(self, root: int, nodes: list[int]) -> int:
        """The root mostly; else any node, which by itself gives the measured depths."""
        if not nodes or self._rng.random() > NOT_FROM_ROOT:
            return root
        parent = nodes[int(self._rng.random() * len(nodes))]
        other = nodes[int(self._rng.random() * len(nodes))]
        if self._reach(other) > 2 * self._reach(parent):
            parent = other
        return parent if self._posts.depth[parent] < DEEPEST else root

    def _reach(self, post: int) -> int:
        return len(self._graph.followers[self._posts.author[post]])

    def _repost(self, root: int, parent: int, members: set[int], *, hurried: bool, quote: bool) -> int | None:
        posts, rng = self._posts, self._rng
        seen = posts.at[parent]
        at = seen + 1_000 + (int(rng.uniform(4, 90) * 60_000) if hurried else parent_delay(rng))
        if at > self._last:
            return None
        author, inference = self._reader(posts.author[parent], parent == root, at, members, well_known=hurried)
        if author is None:
            return None
        kind = QUOTE if quote or rng.random() < _QUOTED else REPOST
        ref = parent if kind == QUOTE and posts.kind[parent] == QUOTE else root
        return posts.add_node(author, at, kind, ref=ref, root=root, parent=parent, inference=inference)

    def _reader(
        self, author: int, is_root: bool, at: int, members: set[int], *, well_known: bool
    ) -> tuple[int | None, int]:
        """Someone who follows `author` and is not in the cascade; of the root now and then anyone."""
        rng, people = self._rng, self._people
        followers = self._graph.followers[author]
        if followers and not (is_root and rng.random() < 0.06):
            found: list[int] = []
            for _ in range(8):
                reader = followers[int(rng.random() * len(followers))]
                if reader not in members and people[reader].joined < at:
                    found.append(reader)
                    if len(found) == (5 if well_known else 2 if rng.random() < 0.3 else 1):
                        break
            if found:
                reader = min(found, key=lambda index: people[index].rank)
                draw = rng.random()
                return reader, EXPLICIT if draw < 0.58 else FOLLOW if draw < 0.9 or not is_root else DIRECT
        if is_root:
            for _ in range(4):
                reader = int(rng.random() * len(people))
                if reader not in members and people[reader].joined < at:
                    return reader, DIRECT
        return None, DIRECT


def is_repostable(posts: Posts, index: int) -> bool:
    """Whether a post may travel: private and unlisted ones stay where they are."""
    return posts.visibility[index] == PUBLIC
