"""GET /search/timeline and GET /jobs."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.rules import today
from app.jobs.schemas import MOST_MONEY, EmploymentType, WorkplaceType
from app.kit.clock import now
from app.kit.errors import Unauthorized, field_error
from app.kit.http import CurrentSite, Reading, link_header, page_of
from app.kit.ids import LARGEST, at
from app.kit.pagination import Page
from app.oauth import scopes
from app.oauth.actor import Actor, Caller, InsufficientScope, ViewerId
from app.reading.present_job import present_job
from app.search.index import JobQuery, JobSort, PostKind, PostQuery, SearchIndex
from app.search.read import PUBLIC, Scope, account_scope, find_jobs, find_posts, home_scope
from app.search.schemas import FacetOut, JobSearchOut, TimelineSearchOut

router = APIRouter(prefix="/api/weizhi/v1", tags=["search"])

_FURTHEST = 10_000


def _index(request: Request) -> SearchIndex:
    index: SearchIndex = request.app.state.resources.index
    return index


Index = Annotated[SearchIndex, Depends(_index)]
Text = Annotated[str, Query(max_length=200, description='Words; "a phrase"; -not; a or b.')]
Bound = Annotated[str | None, Query(max_length=40, description="A date (UTC), a time, or a post's id; exclusive.")]


@router.get("/search/timeline", response_model=TimelineSearchOut)
async def search_timeline(
    request: Request,
    response: Response,
    caller: Caller,
    session: Reading,
    site: CurrentSite,
    index: Index,
    page: Annotated[Page, page_of(default=20, most=40)],
    q: Text,
    scope: Annotated[
        str,
        Query(
            pattern="^(home|public|account:[0-9]{1,19})$",
            description="public, home (what comes into your home timeline, reposts included) or account:<id>.",
        ),
    ] = "public",
    kind: Annotated[list[PostKind] | None, Query(description="Only posts of these kinds.")] = None,
    lang: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", description="Only posts in this language.")] = None,
    has: Annotated[Literal["link"] | None, Query(description="Only posts with a link.")] = None,
    before: Bound = None,
    after: Bound = None,
) -> TimelineSearchOut:
    """Search your home timeline, everyone's public posts, or one account's, newest first."""
    viewer_id = caller.account_id if isinstance(caller, Actor) else None
    query = PostQuery(
        q,
        page.limit,
        kinds=tuple(kind or ()),
        language=lang,
        has_link=True if has else None,
        before=_bound("before", before),
        after=_bound("after", after),
    )
    searched = await _scope(session, scope, caller)
    found = await find_posts(session, index, query=query, scope=searched, page=page, viewer_id=viewer_id)
    timeline = found.timeline
    links = link_header(request, site, older_than=timeline.older_than, newer_than=timeline.newer_than)
    response.headers.update(links)
    return TimelineSearchOut(
        statuses=timeline.present(site=site, highlights=found.highlights),
        degraded=found.degraded,
        scope_truncated=searched.truncated,
    )


@router.get("/jobs", response_model=JobSearchOut)
async def search_jobs(
    request: Request,
    response: Response,
    viewer_id: ViewerId,
    session: Reading,
    site: CurrentSite,
    index: Index,
    q: Text = "",
    city: Annotated[str | None, Query(max_length=60, description="A place of the job; 上海 and 上海市 alike.")] = None,
    salary_min: Annotated[int | None, Query(ge=0, le=MOST_MONEY, description="CNY per month.")] = None,
    salary_max: Annotated[int | None, Query(ge=0, le=MOST_MONEY, description="CNY per month.")] = None,
    workplace_type: WorkplaceType | None = None,
    employment_type: EmploymentType | None = None,
    skills: Annotated[
        list[Annotated[str, Query(max_length=60)]] | None,
        Query(alias="skills[]", max_length=10, description="Every one of these, in any case."),
    ] = None,
    org: Annotated[int | None, Query(ge=0, le=LARGEST, description="The organisation's id.")] = None,
    sort: JobSort = "relevance",
    limit: Annotated[int, Query(ge=1, description="How many; 40 at most.")] = 20,
    cursor: Annotated[str | None, Query(max_length=20, description="From the `Link` of the page before.")] = None,
) -> JobSearchOut:
    """Search open jobs; without `q`, all of them. Pay ranges match when they overlap."""
    query = JobQuery(
        q,
        min(limit, 40),
        today(now()),
        offset=_offset(cursor),
        city=city or None,
        salary_min=salary_min,
        salary_max=salary_max,
        workplace_type=workplace_type,
        employment_type=employment_type,
        skills=tuple(skills or ()),
        organization_id=org,
        sort=sort,
    )
    found = await find_jobs(session, index, query=query, viewer_id=viewer_id)
    following = query.offset + query.limit
    if following < min(found.hits.total, _FURTHEST):
        kept = [(key, value) for key, value in request.query_params.multi_items() if key != "cursor"]
        parameters = urlencode([*kept, ("cursor", _cursor(following))])
        response.headers["Link"] = f'<{site.url}{request.url.path}?{parameters}>; rel="next"'
    return JobSearchOut(
        jobs=[present_job(*found_job, site=site) for found_job in found.jobs],
        total=found.hits.total,
        facets={
            name: [FacetOut(value=facet.value, count=facet.count) for facet in facets]
            for name, facets in found.hits.facets.items()
        },
        degraded=found.hits.degraded,
    )


async def _scope(session: AsyncSession, scope: str, caller: Caller) -> Scope:
    if scope.startswith("account:"):
        return await account_scope(session, author_id=min(int(scope.removeprefix("account:")), LARGEST))
    if scope == "public":
        return PUBLIC
    if not isinstance(caller, Actor):
        raise Unauthorized("Sign in to search your home timeline")
    if not scopes.allows(caller.scopes, "read:search"):
        raise InsufficientScope(f"{InsufficientScope.message}: read:search is needed")
    return await home_scope(session, account_id=caller.account_id)


def _bound(field: str, value: str | None) -> int | None:
    """The id that `value`, a date, a time or an id, stands for."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return min(int(value), LARGEST)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise field_error(field, "ERR_INVALID", "must be a date, a time or an id") from error
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(at(aware), 0), LARGEST)


def _cursor(offset: int) -> str:
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        offset = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise field_error("cursor", "ERR_INVALID", "is not one of ours") from error
    if not 0 <= offset < _FURTHEST:
        raise field_error("cursor", "ERR_INVALID", "is not one of ours")
    return offset
