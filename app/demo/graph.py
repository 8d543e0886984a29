"""Who follows whom: a few are followed by very many, most by some dozens; professions and cities flock together."""

from array import array
from itertools import accumulate
from random import Random

from app.demo.people import PROFESSIONAL, RECRUITER, Person
from app.demo.plan import Plan

# Shares of one person's followees: the widely known, one's profession, a second interest, one's city, anyone.
_SHARES = (0.34, 0.38, 0.10, 0.12, 0.06)
_PROFESSIONAL_FOLLOWS = 80


class Graph:
    """`following[u]` and `followers[u]` hold people by index; `following` is sorted."""

    def __init__(self, following: list["array[int]"]) -> None:
        self.following = following
        self.followers: list[array[int]] = [array("i") for _ in following]
        for person, followees in enumerate(following):
            for followee in followees:
                self.followers[followee].append(person)

    def follows(self, follower: int, followee: int) -> bool:
        """Whether `follower` follows `followee`."""
        return followee in self.following[follower]

    def add(self, follower: int, followee: int) -> None:
        """Let `follower` follow `followee`."""
        if not self.follows(follower, followee):
            self.following[follower] = array("i", sorted((*self.following[follower], followee)))
            self.followers[followee].append(follower)

    def count(self) -> int:
        """How many follows there are."""
        return sum(map(len, self.following))


class _Pool:
    """People to draw followees from, the better known the likelier."""

    def __init__(self, members: list[int], people: list[Person], offset: float) -> None:
        self.members = members
        self.weights = list(accumulate(1 / (people[member].rank + offset) for member in members))

    def draw(self, rng: Random, count: int) -> list[int]:
        return rng.choices(self.members, cum_weights=self.weights, k=count) if self.members else []


def make_graph(plan: Plan, people: list[Person], rng: Random) -> Graph:
    """Everyone's followees: drawn, then followed back here and there (about 30 % of follows are mutual)."""
    everyone = list(range(len(people)))
    known = _Pool(everyone, people, 10)
    wide = plan.people * 0.06 + 10
    professions = _groups(people, [person.profession for person in people], wide)
    cities = _groups(people, [person.city for person in people], wide)
    most = max(12, plan.people // 4)
    drawn: list[array[int]] = []
    for index, person in enumerate(people):
        wanted = min(most, 8 + int(rng.lognormvariate(3.9, 0.75)))
        picks = set(known.draw(rng, _part(rng, wanted, _SHARES[0])))
        picks.update(professions[person.profession].draw(rng, _part(rng, wanted, _SHARES[1])))
        picks.update(professions.get(person.second, known).draw(rng, _part(rng, wanted, _SHARES[2])))
        picks.update(cities[person.city].draw(rng, _part(rng, wanted, _SHARES[3])))
        picks.update(int(rng.random() * plan.people) for _ in range(_part(rng, wanted, _SHARES[4])))
        picks.discard(index)
        drawn.append(array("i", sorted(picks)))
    drawn[PROFESSIONAL] = _professionals_follows(
        plan, drawn[PROFESSIONAL], professions[people[PROFESSIONAL].profession], rng
    )
    return Graph(_followed_back(plan, people, drawn, rng))


def _groups(people: list[Person], keys: list[int], offset: float) -> dict[int, _Pool]:
    members: dict[int, list[int]] = {}
    for index, key in enumerate(keys):
        members.setdefault(key, []).append(index)
    return {key: _Pool(group, people, offset) for key, group in members.items()}


def _part(rng: Random, wanted: int, share: float) -> int:
    return int(wanted * share + rng.random())


def _professionals_follows(plan: Plan, drawn: "array[int]", peers: _Pool, rng: Random) -> "array[int]":
    """The professional login follows a good number of people, but not the recruiter login."""
    wanted = min(_PROFESSIONAL_FOLLOWS, plan.people * 2 // 5)
    picks = set(drawn)
    for _ in range(20):
        picks.update(peers.draw(rng, wanted))
        picks.update(int(rng.random() * plan.people) for _ in range(wanted // 4))
        picks -= {PROFESSIONAL, RECRUITER}
        if len(picks) >= wanted:
            break
    return array("i", sorted(rng.sample(sorted(picks), min(wanted, len(picks)))))


def _followed_back(plan: Plan, people: list[Person], drawn: list["array[int]"], rng: Random) -> list["array[int]"]:
    """The well known rarely follow back; others do now and then."""
    famous = plan.people // 40
    chance = [0.03 if person.rank < famous else 0.19 for person in people]
    chance[PROFESSIONAL] = 0.0
    back: list[list[int]] = [[] for _ in people]
    for person, followees in enumerate(drawn):
        for followee in followees:
            if rng.random() < chance[followee]:
                back[followee].append(person)
    following = []
    for own, returned in zip(drawn, back, strict=True):
        following.append(array("i", sorted({*own, *returned})) if returned else own)
        returned.clear()
    return following
