"""Pure decisions: which ways there are between people, how strong they are, what may become of an introduction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, pairwise
from math import prod
from typing import Literal, TypeAlias

MayAsk = Literal["everyone", "followed", "nobody"]
Relation = Literal["mutual", "follows", "followed_by"]
# Who is asked, or follows, or is kept apart, as ids in this order.
Pair: TypeAlias = tuple[int, int]

MOST_INTRODUCERS = 2
# Of more than so many interactions nothing more is learnt.
_MANY = 20


@dataclass(frozen=True, slots=True)
class Someone:
    """What matters of an account that may stand on a way. Those suspended are not told of at all."""

    id: int
    hidden: bool
    bot: bool
    may_ask: str
    may_reach: str


@dataclass(frozen=True, slots=True)
class Step:
    """From one to the next on a way: how the first stands to the second, and what passed between them in public."""

    to_id: int
    relation: Relation
    interactions: int = 0

    @property
    def strength(self) -> float:
        """0 to 1: a one-sided follow 0.3, a mutual one 0.6, and up to 0.4 for what passed between them."""
        base = 0.6 if self.relation == "mutual" else 0.3
        n = min(self.interactions, _MANY)
        return base + 0.4 * n / (n + 4)


@dataclass(frozen=True, slots=True)
class Way:
    """The steps from who asks to whom they want to meet."""

    steps: tuple[Step, ...]

    @property
    def people(self) -> tuple[int, ...]:
        """Those it leads through and to."""
        return tuple(step.to_id for step in self.steps)

    @property
    def introducers(self) -> tuple[int, ...]:
        """Those it leads through."""
        return self.people[:-1]

    @property
    def strength(self) -> float:
        """As strong as its steps together."""
        return prod(step.strength for step in self.steps)


def ranked(ways: Collection[Way]) -> list[Way]:
    """The shortest first, of those the strongest; always in the same order."""
    return sorted(ways, key=lambda way: (len(way.steps), -round(way.strength, 9), way.people))


def relation(*, follows: bool, followed: bool) -> Relation:
    """How the first of two stands to the second, one of whom follows the other."""
    if follows and followed:
        return "mutual"
    return "follows" if follows else "followed_by"


def leads(
    chain: Sequence[int], *, people: Mapping[int, Someone], follows: Collection[Pair], apart: Collection[Pair]
) -> bool:
    """Whether who asks (first) may be introduced along a chain to its last: docs/decisions/0027.

    Who asks follows the first introducer; everyone after that follows who brings it to them. Nobody hides whom they
    follow, nobody is a machine, all let themselves be asked, and no two (`apart`, in either order) keep away.
    """
    if len(set(chain)) != len(chain) or not 1 <= len(chain) - 2 <= MOST_INTRODUCERS:
        return False
    asker, first, *_ = chain
    if not people.keys() >= set(chain) or any((a, b) in apart or (b, a) in apart for a, b in combinations(chain, 2)):
        return False
    target, introducers = people[chain[-1]], [people[id] for id in chain[1:-1]]
    if target.hidden or target.may_reach == "nobody":
        return False
    if any(one.hidden or one.bot or one.may_ask == "nobody" for one in introducers):
        return False
    if people[first].may_ask == "followed" and (first, asker) not in follows:
        return False
    return (asker, first) in follows and all((later, earlier) in follows for earlier, later in pairwise(chain[1:]))


# --- What may become of an introduction ------------------------------------------------------------------------------

Verb = Literal["forward", "accept", "decline", "withdraw"]
Role = Literal["asker", "introducer", "target"]
OPEN = ("requested", "forwarded")
PATIENCE = timedelta(days=14)
# Who said no is not asked the same for so long.
REST = timedelta(days=30)

_WHOSE: Mapping[Verb, tuple[Role, ...]] = {
    "forward": ("introducer",),
    "accept": ("target",),
    "decline": ("introducer", "target"),
    "withdraw": ("asker",),
}
_WITH: Mapping[str, Role] = {"requested": "introducer", "forwarded": "target"}


def is_theirs(verb: Verb, role: Role) -> bool:
    """Whether such a party may do this at all."""
    return role in _WHOSE[verb]


def is_due(verb: Verb, *, state: str, role: Role, holds: bool) -> bool:
    """Whether a party may do this now: what lies with them (`holds`) alone, and the asker may withdraw what is open."""
    if verb == "withdraw":
        return state in OPEN
    return holds and _WITH.get(state) == role and not (verb == "accept" and state != "forwarded")


def goes_on(
    chain: Sequence[int],
    place: int,
    *,
    people: Mapping[int, Someone],
    follows: Collection[Pair],
    apart: Collection[Pair],
) -> bool:
    """Whether what lies with `chain[place]` may go on: all are there still, none keep apart, the next listens."""
    if not people.keys() >= set(chain) or any((a, b) in apart or (b, a) in apart for a, b in combinations(chain, 2)):
        return False
    rest = [people[id] for id in chain[place + 1 :]]
    if not rest:
        return True
    willing = rest[0].may_ask if len(rest) > 1 else rest[0].may_reach
    return willing != "nobody" and (rest[0].id, chain[place]) in follows


# --- How much may be asked -------------------------------------------------------------------------------------------

# Fewer than 13 of 100 answered: where LinkedIn warns those who send InMail. Not before there is something to count.
ENOUGH_TO_JUDGE = 20
LOW_ACCEPTANCE = 0.13
# Of a hundred invited coldly some forty accept, and eight come.
COLD_ACCEPTANCE = 0.08
A_DAY_WHEN_LOW = 1


def is_low(*, accepted: int, ended: int) -> bool:
    """Whether so few of somebody's introductions were accepted that they should choose better whom to ask."""
    return ended >= ENOUGH_TO_JUDGE and accepted < LOW_ACCEPTANCE * ended
