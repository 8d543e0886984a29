"""GET /jobs and GET /search/suggest: searching for jobs, and completing what is typed."""

from dataclasses import replace
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from app.kit.clock import now
from app.kit.errors import Unauthorized
from app.kit.http import CurrentSite, Reading
from app.kit.ids import at
from app.kit.site import Site
from app.oauth.actor import ViewerId
from app.reading.present_job import present_job
from app.search.access import Index
from app.search.errors import EmptyQuery
from app.search.job_pages import LONGEST_CURSOR, decode, encode
from app.search.jobs import FoundJobs, find_jobs, job_query
from app.search.network import list_near_job_ids
from app.search.schemas import FacetOut, JobFilters, JobSearchOut, SuggestionOut, SuggestionsOut
from app.search.suggestions import KINDS, TermKind, suggest

router = APIRouter(tags=["search"])


class JobSearchIn(JobFilters):
    """A search for jobs, and which part of the answer is wanted."""

    q: Annotated[str, Query(max_length=200, description='Words; "a phrase"; -not; a or b.')] = ""
    sort: Annotated[
        Literal["relevance", "newest", "salary", "network"],
        Query(description="By `network` those come first that people you follow passed on."),
    ] = "relevance"
    limit: Annotated[int, Query(ge=1, description="How many; 40 at most.")] = 20
    cursor: Annotated[
        str | None, Query(max_length=LONGEST_CURSOR, description="From the `Link` of the page before.")
    ] = None


@router.get("/api/weizhi/v1/jobs", response_model=JobSearchOut)
async def search_jobs(
    request: Request,
    response: Response,
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    index: Index,
    wanted: Annotated[JobSearchIn, Query()],
) -> JobSearchOut:
    """Search open jobs; without `q`, all of them. A `q` without a letter or digit is refused.

    `sort=network` puts first what people you follow published or reposted, what most of them did before the rest.
    """
    time = now()
    if wanted.q.strip() and not any(map(str.isalnum, wanted.q)):
        raise EmptyQuery
    query = job_query(wanted, q=wanted.q, limit=min(wanted.limit, 40), now=time)
    near: list[int] | None = None
    if wanted.sort == "network" or wanted.reposted_by_following:
        if viewer_id is None:
            raise Unauthorized("Sign in to search among what people you follow brought")
        near = await list_near_job_ids(session, account_id=viewer_id, reposted_only=wanted.reposted_by_following)
    if wanted.reposted_by_following:
        query = replace(query, ids=tuple(near or ()))
    found = await find_jobs(
        session,
        index,
        query=replace(query, sort="relevance" if wanted.sort == "network" else wanted.sort),
        near=near if wanted.sort == "network" else None,
        cursor=decode(wanted.cursor) if wanted.cursor else None,
        now_id=at(time),
        viewer_id=viewer_id,
    )
    if found.next:
        kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
        parameters = urlencode([*kept, ("cursor", encode(found.next))])
        response.headers["Link"] = f'<{site.url}{request.url.path}?{parameters}>; rel="next"'
    return _answer(found, site)


@router.get("/api/weizhi/v1/search/suggest", response_model=SuggestionsOut)
async def suggest_searches(
    session: Reading,
    q: Annotated[str, Query(max_length=60, description="The beginning of a name or of one of its words; pinyin too.")],
    kind: Annotated[list[TermKind] | None, Query(max_length=4, description="Only these kinds.")] = None,
    limit: Annotated[int, Query(ge=1, description="How many of each kind; 20 at most.")] = 8,
) -> SuggestionsOut:
    """Complete what is typed to titles, skills, places and employers of open jobs, those of most jobs first."""
    found = await suggest(session, start=q, kinds=kind or KINDS, limit=min(limit, 20))
    by_kind: dict[TermKind, list[SuggestionOut]] = {name: [] for name in KINDS}
    for one in found:
        by_kind[one.kind].append(SuggestionOut(value=one.value, name=one.name, jobs=one.jobs))
    return SuggestionsOut(
        titles=by_kind["title"], skills=by_kind["skill"], cities=by_kind["city"], companies=by_kind["company"]
    )


def _answer(found: FoundJobs, site: Site) -> JobSearchOut:
    return JobSearchOut(
        jobs=[present_job(*job, site=site) for job in found.jobs],
        total=found.hits.total,
        facets={
            name: [
                FacetOut(
                    value=facet.value,
                    count=facet.count,
                    name=found.names.get(int(facet.value)) if name == "org" else None,
                )
                for facet in facets
            ]
            for name, facets in found.hits.facets.items()
        },
        relaxed=found.relaxed,
        degraded=found.hits.degraded,
    )
