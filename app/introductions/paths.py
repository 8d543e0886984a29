"""Finds ways from someone to whom they want to meet: from both ends, through the latest and strongest ties of each."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations, pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.introductions import rules
from app.introductions.edges import (
    Near,
    list_near,
    list_representatives,
    load_bridges,
    load_people,
    load_standing,
    load_ties,
)
from app.introductions.rules import Pair, Someone, Step, Way, ranked
from app.jobs.queries import get_visible_job
from app.kit.errors import NotFound, Unavailable, field_error
from app.organizations.queries import get_organization

MOST_PATHS = 20
MOST_TARGETS = 10
# What is looked at, at most: these bound the cost, and are where large graphs are sampled.
_LATEST_FOLLOWS = 1000
_LATEST_DEEDS, _LATEST_DEEDS_BETWEEN = 200, 40
_TRIED = 80
_WEIGHED = 60
_RECENT = timedelta(days=90)
_DEADLINE_SECONDS = 5.0


async def find_ways(session: AsyncSession, *, asker_id: int, target_ids: Sequence[int], now: datetime) -> list[Way]:
    """At most 20 ways to any of the targets, the best first. Raises Unavailable when it takes too long.

    Those who cannot be reached are as those whom nobody knows.
    """
    async with _in_time():
        targets, follows, apart = await _ends(session, asker_id, target_ids)
        met = [id for id in target_ids if id in targets and (asker_id, id) not in apart]
        direct = [_direct(asker_id, id, follows) for id in met if (id, asker_id) in follows]
        reached = [id for id in met if not targets[id].hidden and targets[id].may_reach != "nobody"]
        if not reached:
            return ranked(direct)[:MOST_PATHS]
        since = now - _RECENT
        ties = await load_ties(session, ids=[asker_id, *reached], since=since, most=_LATEST_DEEDS)
        search = await _look(session, asker_id, reached, but=target_ids, ties=ties)
        found = [*direct, *search.short()]
        if len(found) < MOST_PATHS:
            found += await _long(session, search)
        best = ranked(found)[:_WEIGHED]
        between = {id for way in best for id in way.introducers}
        ties.update(await load_ties(session, ids=between, since=since, most=_LATEST_DEEDS_BETWEEN))
        return ranked([_weighed(asker_id, way, ties) for way in best])[:MOST_PATHS]


async def list_targets(
    session: AsyncSession, *, asker_id: int, account_id: int | None, organization_id: int | None, job_id: int | None
) -> list[int]:
    """Whom is asked for: somebody, who publishes an organisation's open jobs, or who published a job.

    Raises Invalid unless it is one of these and not oneself; NotFound for what there is not.
    """
    asked = {"account_id": account_id, "organization_id": organization_id, "job_id": job_id}
    if len([value for value in asked.values() if value is not None]) != 1:
        raise field_error("account_id", "ERR_INVALID", "or organization_id or job_id must be given, one of them")
    if account_id is not None:
        if account_id == asker_id:
            raise field_error("account_id", "ERR_INVALID", "must be somebody else")
        return [(await get_profile(session, id=account_id)).account.id]
    if job_id is not None:
        job = await get_visible_job(session, id=job_id, viewer_id=asker_id)
        return [job.author_id] if job.author_id != asker_id else []
    organization = await get_organization(session, id=organization_id or 0)
    found = await list_representatives(session, organization_id=organization.id, most=MOST_TARGETS + 1)
    return [id for id in found if id != asker_id][:MOST_TARGETS]


async def get_target(
    session: AsyncSession, *, asker_id: int, introducer_ids: Sequence[int], target_ids: Sequence[int]
) -> int:
    """The first of `target_ids` to whom these introducers lead from the asker; raises NotFound for none.

    Says no more than `find_ways` shows: of whom it would not find, nobody learns why.
    """
    everyone = {asker_id, *introducer_ids, *target_ids}
    people = await load_people(session, ids=everyone)
    chains = [(asker_id, *introducer_ids, id) for id in target_ids]
    follows, apart = await load_standing(session, pairs={pair for chain in chains for pair in combinations(chain, 2)})
    for chain in chains:
        if rules.leads(chain, people=people, follows=follows, apart=apart):
            return chain[-1]
    raise NotFound


@dataclass(frozen=True, slots=True)
class _Search:
    """What both ends see: whom the asker follows, and whom each target does, of those who may introduce."""

    asker_id: int
    ours: Mapping[int, Near]
    theirs: Mapping[int, Sequence[Near]]
    ties: Counter[Pair] = field(default_factory=Counter)

    def short(self) -> list[Way]:
        """The ways through one introducer."""
        return [
            Way((self.to_first(near), self.to_target(other)))
            for id, others in self.theirs.items()
            if (near := self._askable(id))
            for other in others
        ]

    def firsts(self) -> list[int]:
        """Who may be asked and cannot introduce by themselves; the strongest, a bounded number of them."""
        alone = [near for id in self.ours if id not in self.theirs and (near := self._askable(id))]
        return [near.id for near in sorted(alone, key=lambda near: (-self.to_first(near).strength, near.id))][:_TRIED]

    def seconds(self) -> list[int]:
        """Whom the targets listen to and the asker cannot ask; the strongest, a bounded number of them."""
        ends = {id: max(self.to_target(one).strength for one in many) for id, many in self.theirs.items()}
        return sorted((id for id in ends if not self._askable(id)), key=lambda id: (-ends[id], id))[:_TRIED]

    def to_first(self, near: Near) -> Step:
        """From the asker to an introducer."""
        return Step(near.id, "mutual" if near.mutual else "follows", self.ties[self.asker_id, near.id])

    def to_target(self, near: Near) -> Step:
        """From an introducer to a target, who follows them."""
        return Step(near.of_id, "mutual" if near.mutual else "followed_by", self.ties[near.of_id, near.id])

    def _askable(self, id: int) -> Near | None:
        near = self.ours.get(id)
        return near if near and (near.may_ask == "everyone" or near.mutual) else None


async def _look(
    session: AsyncSession, asker_id: int, reached: Sequence[int], *, but: Sequence[int], ties: Counter[Pair]
) -> _Search:
    but = [asker_id, *but]
    strong = {id for by, id in ties if by == asker_id}
    ours = await list_near(session, of=[asker_id], also=strong, but=but, asker_id=asker_id, most=_LATEST_FOLLOWS)
    common = {near.id for near in ours} | {id for by, id in ties if by != asker_id}
    most = _LATEST_FOLLOWS // len(reached)
    theirs: dict[int, list[Near]] = {}
    for near in await list_near(session, of=reached, also=common, but=but, asker_id=asker_id, most=most):
        theirs.setdefault(near.id, []).append(near)
    return _Search(asker_id, {near.id: near for near in ours}, theirs, ties)


async def _long(session: AsyncSession, search: _Search) -> list[Way]:
    """The ways through two introducers, neither of whom could do alone; of many the strongest."""
    bridges = await load_bridges(session, firsts=search.firsts(), seconds=search.seconds())
    ways = ranked(
        [
            Way(
                (
                    search.to_first(search.ours[first]),
                    Step(second, "mutual" if mutual else "followed_by"),
                    search.to_target(last),
                )
            )
            for (first, second), mutual in bridges.items()
            for last in search.theirs[second]
        ]
    )[: 10 * _WEIGHED]
    # Of the others, both ends were asked before.
    pairs = {pair for way in ways for pair in ((way.people[0], way.people[1]), (way.people[0], way.people[2]))}
    _, apart = await load_standing(session, pairs=pairs)
    return [way for way in ways if not {way.people[:2], (way.people[0], way.people[2])} & apart]


async def _ends(
    session: AsyncSession, asker_id: int, target_ids: Sequence[int]
) -> tuple[dict[int, Someone], set[Pair], set[Pair]]:
    targets = await load_people(session, ids=target_ids)
    follows, apart = await load_standing(session, pairs={(asker_id, id) for id in target_ids})
    return targets, follows, apart


def _direct(asker_id: int, target_id: int, follows: Collection[Pair]) -> Way:
    """That the target follows the asker: nobody needs to introduce them."""
    follows_too = (asker_id, target_id) in follows
    return Way((Step(target_id, rules.relation(follows=follows_too, followed=True)),))


def _weighed(asker_id: int, way: Way, ties: Counter[Pair]) -> Way:
    """The way with what passed between each two, whoever began."""
    pairs = zip(pairwise((asker_id, *way.people)), way.steps, strict=True)
    return Way(tuple(Step(step.to_id, step.relation, ties[a, b] + ties[b, a]) for (a, b), step in pairs))


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            yield
    except TimeoutError:
        raise Unavailable from None
