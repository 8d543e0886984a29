"""Searches for jobs as readers meet them: the index proposes, PostgreSQL and the rules decide what is shown."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job
from app.jobs.queries import load_jobs
from app.jobs.rules import today
from app.kit.ids import at
from app.organizations.models import Organization
from app.reading.hydrate import hydrate
from app.reading.rules import findable
from app.search.index import JobHits, JobQuery, SearchIndex
from app.search.job_pages import FURTHEST, JobCursor
from app.search.network import MOST_NEAR
from app.search.pay_words import Pay, read_pay
from app.search.schemas import JobFilters
from app.search.wording import divisible

# A page is filled again as often as this when what is proposed may not be shown.
_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class FoundJobs:
    """A page of jobs that may be shown, what the index says of all that match, and where the next page begins.

    `relaxed`: no job has all the words, these have some. `names` are those of the organisations in the facets.
    """

    jobs: Sequence[tuple[Job, Organization]]
    hits: JobHits
    next: JobCursor | None
    relaxed: bool
    names: dict[int, str]


class Source(Protocol):
    """Proposed jobs in one order."""

    async def part(self, offset: int, limit: int, *, with_facets: bool = False) -> JobHits:
        """Those from `offset` on, and how many there are in all."""


class Engine:
    """Jobs in the order of the engine."""

    def __init__(self, session: AsyncSession, index: SearchIndex, query: JobQuery) -> None:
        self._session, self._index, self._query = session, index, query

    async def part(self, offset: int, limit: int, *, with_facets: bool = False) -> JobHits:
        """One question to the engine."""
        # The index may ask for a connection of its own: a request that kept this one could wait for itself.
        await self._session.commit()
        return await self._index.search_jobs(replace(self._query, offset=offset, limit=limit, with_facets=with_facets))


class Network:
    """Of the matching jobs those that are near (`ids`, the nearest first), then the others."""

    def __init__(self, session: AsyncSession, index: SearchIndex, query: JobQuery, ids: Sequence[int]) -> None:
        self._near = Engine(session, index, replace(query, ids=tuple(ids)))
        self._all = Engine(session, index, query)
        self._session, self._index, self._query, self._order = session, index, query, ids

    async def part(self, offset: int, limit: int, *, with_facets: bool = False) -> JobHits:
        """Three questions at most: which of the near ones match, the others, and what is counted of all."""
        near = await self._near.part(0, MOST_NEAR) if self._order else JobHits([], 0)
        matching = set(near.ids)
        ids = [id for id in self._order if id in matching]
        others = replace(self._query, excluded_ids=tuple(ids))
        missing = offset + limit - len(ids)
        rest = await Engine(self._session, self._index, others).part(
            max(0, offset - len(ids)), max(0, min(missing, limit))
        )
        facets = (await self._all.part(0, 0, with_facets=True)).facets if with_facets else {}
        return JobHits(
            [*ids[offset : offset + limit], *rest.ids], len(ids) + rest.total, facets, near.degraded or rest.degraded
        )


def job_query(filters: JobFilters, *, q: str, limit: int, now: datetime) -> JobQuery:
    """What the engine is asked for a search with `filters` at `now`. Pay among the words counts where no filter is."""
    words, pay = read_pay(q)
    if pay is None or filters.salary_min is not None or filters.salary_max is not None:
        pay = Pay(filters.salary_min, filters.salary_max, yearly=filters.salary_period == "year")
    return JobQuery(
        words,
        limit,
        today(now),
        cities=tuple(city for city in filters.city if city.strip()),
        salary_min=pay.least,
        salary_max=pay.most,
        yearly=pay.yearly,
        negotiable=filters.negotiable,
        workplace_types=tuple(filters.workplace_type),
        employment_types=tuple(filters.employment_type),
        experience_min=filters.experience_min,
        experience_max=filters.experience_max,
        education=filters.education,
        skills=tuple(skill for skill in filters.skills if skill.strip()),
        organization_id=filters.org,
        post_after=at(now - timedelta(days=filters.posted_within)) if filters.posted_within else None,
    )


async def find_jobs(
    session: AsyncSession,
    index: SearchIndex,
    *,
    query: JobQuery,
    near: Sequence[int] | None,
    cursor: JobCursor | None,
    now_id: int,
    viewer_id: int | None,
) -> FoundJobs:
    """The page of open jobs that match `query`, from `cursor` on; `near` ones first. Raises SearchUnavailable.

    The first page, asked for at `now_id`, has the facets. Where no job has all the words, some of them do.
    """
    start = cursor or JobCursor(0, now_id)
    narrowed = replace(query, post_until=cursor.post_until if cursor else query.post_until)

    def source(any_word: bool) -> Source:
        asked = replace(narrowed, any_word=any_word)
        return Engine(session, index, asked) if near is None else Network(session, index, asked, near)

    chosen = source(start.any_word)
    found = await _page(session, chosen, start, query.limit, viewer_id, with_facets=cursor is None)
    if cursor is None and not found.hits.total and await asyncio.to_thread(divisible, query.text):
        start = replace(start, any_word=True)
        found = await _page(session, source(True), start, query.limit, viewer_id, with_facets=True)
    return replace(found, names=await _names(session, found.hits))


async def _page(
    session: AsyncSession, source: Source, start: JobCursor, size: int, viewer_id: int | None, *, with_facets: bool
) -> FoundJobs:
    first, position, ids = await _first_part(source, start, size, with_facets)
    shown: list[tuple[Job, Organization]] = []
    passed: list[int] = []
    for _ in range(_MOST_ROUNDS):
        visible = await _visible(session, ids, viewer_id)
        for id in ids:
            if len(shown) == size:
                break
            passed.append(id)
            if id in visible:
                shown.append(visible[id])
        more = position + len(passed) < min(first.total, FURTHEST - 1)
        if len(shown) == size or not more:
            break
        ids = [id for id in (await source.part(position + len(passed), size)).ids if id not in passed]
        if not ids:
            break
    else:
        more = True
    end = start.moved(position + len(passed), passed)
    return FoundJobs(shown, first, end if more and passed else None, start.any_word, {})


async def _first_part(
    source: Source, start: JobCursor, size: int, with_facets: bool
) -> tuple[JobHits, int, Sequence[int]]:
    """What the engine answers, the place of the page's first job, and the jobs from there."""
    begin = start.start if start.anchors else start.position
    hits = await source.part(begin, start.position - begin + size, with_facets=with_facets)
    before = start.follow(hits.ids) if start.anchors else 0
    if before is None and begin:
        begin = 0
        hits = await source.part(0, start.position + size, with_facets=with_facets)
        before = start.follow(hits.ids)
    if before is None:
        before = start.position - begin
    return hits, begin + before, hits.ids[before:]


async def _visible(
    session: AsyncSession, ids: Sequence[int], viewer_id: int | None
) -> dict[int, tuple[Job, Organization]]:
    """Of `ids` the open jobs whose posts the viewer may find."""
    jobs = await load_jobs(session, ids=ids)
    posts = {job.post_id: job.id for job in jobs.values() if job.post_id is not None and job.state == "open"}
    hydrated = await hydrate(session, ids=[*posts], viewer_id=viewer_id)
    return {
        posts[post_id]: hydrated.jobs[post_id]
        for post_id, item in hydrated.posts.items()
        if post_id in posts and post_id in hydrated.jobs and findable(item, hydrated)
    }


async def _names(session: AsyncSession, hits: JobHits) -> dict[int, str]:
    ids = [int(facet.value) for facet in hits.facets.get("org", ())]
    if not ids:
        return {}
    rows = await session.execute(select(Organization.id, Organization.name).where(Organization.id.in_(ids)))
    return {row.id: row.name for row in rows}
