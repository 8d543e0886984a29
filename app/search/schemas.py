"""The wire of search."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue

from app.jobs.examples import JOB
from app.jobs.schemas import MOST_MONEY, Education, EmploymentType, JobOut, WorkplaceType
from app.kit.ids import LARGEST
from app.kit.wire import RequestModel, WireModel
from app.reading.examples import FOUND_POST
from app.reading.schemas import AccountOut, StatusOut, TagDetailOut

_JOBS: dict[str, JsonValue] = {
    "jobs": [JOB],
    "total": 1,
    "facets": {
        "city": [{"value": "杭州", "count": 1, "name": None}],
        "skills": [{"value": "python", "count": 1, "name": None}],
        "org": [{"value": "117680834324004872", "count": 1, "name": "云杉科技"}],
    },
    "relaxed": False,
    "degraded": False,
}
_FOUND: dict[str, JsonValue] = {"statuses": [FOUND_POST], "degraded": False, "scope_truncated": False}
_SUGGESTIONS: dict[str, JsonValue] = {
    "titles": [{"value": "后端工程师", "name": "后端工程师", "jobs": 42}],
    "skills": [{"value": "python", "name": "Python", "jobs": 31}],
    "cities": [{"value": "杭州", "name": "杭州", "jobs": 118}],
    "companies": [{"value": "117680834324004872", "name": "云杉科技", "jobs": 3}],
}


class TimelineSearchOut(WireModel):
    """Posts found, newest first, each with `weizhi.highlight`.

    `degraded`: the search engine did not answer and a simpler one stood in. `scope_truncated`: you follow
    so many that only those you followed last were searched.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_FOUND]})

    statuses: list[StatusOut]
    degraded: bool
    scope_truncated: bool


class JobFilters(RequestModel):
    """What jobs are searched by; all that is given must be true of a job."""

    city: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(
            max_length=10, description="A place or what it lies in (浙江, 杭州, 余杭区, hangzhou); any one of these."
        ),
    ] = []
    salary_min: Annotated[int, Field(ge=0, le=MOST_MONEY, description="In CNY; pay ranges overlap.")] | None = None
    salary_max: Annotated[int, Field(ge=0, le=MOST_MONEY, description="In CNY; pay ranges overlap.")] | None = None
    salary_period: Annotated[
        Literal["month", "year"],
        Field(description="What `salary_min` and `salary_max` are for: a month, or a year with all its monthly pays."),
    ] = "month"
    negotiable: Annotated[
        bool | None,
        Field(description="Whether jobs whose pay is not known (面议) are found: by default, unless pay is asked for."),
    ] = None
    workplace_type: Annotated[list[WorkplaceType], Field(max_length=3, description="Any one of these.")] = []
    employment_type: Annotated[list[EmploymentType], Field(max_length=8, description="Any one of these.")] = []
    experience_min: (
        Annotated[int, Field(ge=0, le=50, description="The job asks for so many years at least.")] | None
    ) = None
    experience_max: (
        Annotated[int, Field(ge=0, le=50, description="The job asks for no more years than you have.")] | None
    ) = None
    education: Annotated[Education, Field(description="The job asks for no more than this.")] | None = None
    skills: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(max_length=10, description="Every one of these, in any case."),
    ] = []
    org: Annotated[int, Field(ge=0, le=LARGEST, description="The organisation's id.")] | None = None
    posted_within: Annotated[int, Field(ge=1, le=3650, description="Published in the last so many days.")] | None = None
    reposted_by_following: Annotated[
        bool, Field(description="Only jobs that people you follow reposted. Needs a token.")
    ] = False


class FacetOut(WireModel):
    """One value to narrow the search to, how many of the matching jobs it leaves, and its name where that differs."""

    value: str
    count: int
    name: str | None


class JobSearchOut(WireModel):
    """Jobs found. `total` and `facets` count all that match; only a first page has facets.

    Each facet bears the name of the parameter its values are for; those of `region` and `district` are for `city`
    as well. `relaxed`: no job has all the words, these have some. `degraded`: the search engine did not answer and
    a simpler one stood in.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_JOBS]})

    jobs: list[JobOut]
    total: int
    facets: dict[str, list[FacetOut]]
    relaxed: bool
    degraded: bool


class SuggestionOut(WireModel):
    """Something to search for: `value` is what the filter for it takes, `jobs` how many open jobs have it."""

    value: str
    name: str
    jobs: int


class SuggestionsOut(WireModel):
    """What words may be completed to, by kind: titles (for `q`), `skills`, places (`city`) and employers (`org`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUGGESTIONS]})

    titles: list[SuggestionOut]
    skills: list[SuggestionOut]
    cities: list[SuggestionOut]
    companies: list[SuggestionOut]


class SearchOut(WireModel):
    """Mastodon's Search: people, posts and topics found."""

    accounts: list[AccountOut]
    statuses: list[StatusOut]
    hashtags: list[TagDetailOut]
