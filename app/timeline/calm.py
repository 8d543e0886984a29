"""The calm order: newest first like the chronological one, but nobody and nothing floods a page (ADR 0020).

An original stays at most so many times among the entries around it, the earliest; people who passed it on later are
told there. Posts of one author, and jobs, stay at most so many times on a page; the rest is told there too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeAlias, get_args

from app.kit.pagination import Page
from app.reading.held import Held
from app.reading.hydrate import Hydrated, HydratedPost
from app.reading.pipeline import Hydrate, Skeleton
from app.reading.rules import Rule

Order: TypeAlias = Literal["chronological", "calm"]
ORDERS: frozenset[str] = frozenset(get_args(Order))
# How many entries below one are looked at for what it repeats: with a page, well within a stored feed.
WINDOW = 400


class Origins(Protocol):
    """What reposts carry; of any other post, the post itself."""

    async def load(self, ids: Collection[int]) -> Mapping[int, int]:
        """The original of each."""

    def learn(self, origins: Mapping[int, int]) -> None:
        """Take note of what is known already."""


@dataclass(frozen=True, slots=True)
class CalmRules:
    """How often an original stays among its neighbours, and of one page how many posts of one author, and jobs."""

    showings: int = 2
    by_author: int = 4
    jobs: int = 6


@dataclass(frozen=True, slots=True)
class Orders:
    """How home timelines are ordered: as a request says, else as the reader prefers, else as the service has it."""

    default: Order = "chronological"
    rules: CalmRules = CalmRules()

    def calm(self, asked: str | None, preferred: str | None) -> CalmRules | None:
        """The rules to read by; None in chronological order."""
        return self.rules if (asked or preferred or self.default) == "calm" else None


def repeats(spots: Sequence[int], *, showings: int, window: int = WINDOW) -> set[int]:
    """Of the places where one original stands, newest (least) first: those above `showings` others within `window`.

    It depends on what is older than a place alone: what was shown once stays, whatever comes later.
    """
    return {spot for spot, last in zip(spots, spots[showings:], strict=False) if last - spot <= window}


class Calm:
    """The calm order of one page: its `skeleton`, and the `Sift` for what that gives. Used once."""

    def __init__(
        self, rules: CalmRules, *, skeleton: Skeleton, load: Hydrate, rule: Rule, origins: Origins, viewer_id: int
    ) -> None:
        """`skeleton`, `load` and `rule` as for a chronological page."""
        self._rules, self._ids, self._load, self._rule = rules, skeleton, load, rule
        self._origins, self._viewer_id = origins, viewer_id
        self._around: tuple[Sequence[int], Sequence[int]] = ((), ())
        self._repeats: set[int] = set()
        self._authors: dict[int, list[int]] = defaultdict(list)
        self._jobs: list[int] = []
        self.held: dict[int, Held] = {}

    async def skeleton(self, page: Page) -> Sequence[int]:
        """The ids of a page; those around it are remembered for `look`."""
        if not self._rules.showings:
            return await self._ids(page)
        older: Sequence[int]
        if page.ascending or page.floor:
            ids = await self._ids(page)
            older = await self._ids(Page(limit=WINDOW, max_id=ids[-1])) if ids else ()
        else:
            # In one go: from a stored feed that changed, one round trip.
            found = await self._ids(replace(page, limit=page.limit + WINDOW))
            ids, older = found[: page.limit], found[page.limit :]
        at_top = page.max_id is None and not page.ascending
        newer = await self._ids(Page(limit=WINDOW, min_id=ids[0])) if ids and not at_top else ()
        self._around = (newer, older)
        return ids

    async def look(self, ids: Sequence[int], hydrated: Hydrated) -> Sequence[Hydrated]:
        """Find out which entries repeat an original too often, and who is to be told where."""
        newer, older = self._around
        entries = [*newer, *ids, *older]
        spots = await self._spots(entries, ids, hydrated)
        unknown = [id for places in spots for place in places if (id := entries[place]) not in hydrated.posts]
        more = await self._load(unknown, self._viewer_id) if unknown else None
        for places in spots:
            standing = [(place, item) for place in places if (item := self._welcome(entries[place], hydrated, more))]
            self._note(standing)
        return [more] if more else []

    def takes(self, item: HydratedPost, hydrated: Hydrated) -> bool:
        """Whether an entry stays on the page; one that does not is told on the last one of its kind that did."""
        if item.id in self._repeats:
            return False
        author_id, most = item.post.author_id, self._rules
        if author_id == self._viewer_id:
            return True
        shown, is_job = self._authors[author_id], _is_job(item, hydrated)
        if most.by_author and len(shown) >= most.by_author:
            self._hold(shown[-1]).by_author.append(item.id)
            return False
        if most.jobs and is_job and len(self._jobs) >= most.jobs:
            self._hold(self._jobs[-1]).jobs.append(item.id)
            return False
        shown.append(item.id)
        if is_job:
            self._jobs.append(item.id)
        return True

    async def _spots(self, entries: Sequence[int], ids: Collection[int], hydrated: Hydrated) -> Iterable[Sequence[int]]:
        """For each original on the page that may stand too often: its places among `entries`."""
        if not self._rules.showings:
            return ()
        known = {id: item.post.repost_of_id or id for id in ids if (item := hydrated.posts.get(id))}
        self._origins.learn(known)
        origins = {**await self._origins.load([id for id in entries if id not in known]), **known}
        wanted = set(known.values())
        spots: dict[int, list[int]] = defaultdict(list)
        for place, id in enumerate(entries):
            if (original := origins[id]) in wanted:
                spots[original].append(place)
        return [places for places in spots.values() if len(places) > self._rules.showings]

    def _welcome(self, id: int, hydrated: Hydrated, more: Hydrated | None) -> HydratedPost | None:
        for some in (hydrated, more):
            if some and (item := some.posts.get(id)):
                return item if self._rule(item, some) else None
        return None

    def _note(self, standing: Sequence[tuple[int, HydratedPost]]) -> None:
        """Note what one original's places mean; only such where the reader's rule lets it stand count."""
        above = repeats([place for place, _ in standing], showings=self._rules.showings)
        late = [(place, item) for place, item in standing if place in above and not self._own(item)]
        self._repeats |= {item.id for _, item in late}
        for place, item in standing:
            later = [other.author for spot, other in reversed(late) if 0 < place - spot <= WINDOW]
            if later and item.id not in self._repeats:
                self._hold(item.id).reposters = tuple(later)

    def _own(self, item: HydratedPost) -> bool:
        return item.post.author_id == self._viewer_id

    def _hold(self, id: int) -> Held:
        return self.held.setdefault(id, Held())


def _is_job(item: HydratedPost, hydrated: Hydrated) -> bool:
    original = hydrated.posts.get(item.post.repost_of_id) if item.post.repost_of_id else None
    return (original or item).post.kind == "job"
