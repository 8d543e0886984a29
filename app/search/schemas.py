"""The wire of search."""

from app.jobs.schemas import JobOut
from app.kit.wire import WireModel
from app.reading.schemas import AccountOut, StatusOut, TagDetailOut


class TimelineSearchOut(WireModel):
    """Posts found, newest first, each with `weizhi.highlight`.

    `degraded`: the search engine did not answer and a simpler one stood in. `scope_truncated`: you follow
    so many that only those you followed last were searched.
    """

    statuses: list[StatusOut]
    degraded: bool
    scope_truncated: bool


class FacetOut(WireModel):
    """One value a facet can be narrowed to, and how many of the matching jobs have it."""

    value: str
    count: int


class JobSearchOut(WireModel):
    """Jobs found. `total` and `facets` (city, workplace_type, employment_type, skills) count all that match."""

    jobs: list[JobOut]
    total: int
    facets: dict[str, list[FacetOut]]
    degraded: bool


class SearchOut(WireModel):
    """Mastodon's Search: people, posts and topics found."""

    accounts: list[AccountOut]
    statuses: list[StatusOut]
    hashtags: list[TagDetailOut]
