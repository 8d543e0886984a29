"""The search port: what the rest of Weizhi asks of a search engine.

An index holds documents, never rights: it proposes ids, and PostgreSQL decides at hydration what the
reader may see. Pure reposts, direct posts and drafts are never given to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

# No post is an event yet.
PostKind = Literal["post", "quote", "job", "event"]
# What a post has or is, besides its words. `media` is any of image and video.
Trait = Literal["link", "media", "image", "video", "poll", "reply", "sensitive"]
PostSort = Literal["latest", "relevance"]

# So many posts have a place by relevance: the newest matches.
MOST_RANKED = 1000
JobSort = Literal["relevance", "newest", "salary"]


@dataclass(frozen=True, slots=True)
class PostDocument:
    """One searchable post. `text` is plain text as the author wrote it."""

    id: int
    author_id: int
    kind: PostKind
    visibility: Literal["public", "unlisted", "private"]
    text: str
    tags: tuple[str, ...]
    language: str | None
    traits: tuple[Trait, ...] = ()


@dataclass(frozen=True, slots=True)
class JobDocument:
    """One published job. `post_id` is the post that carries it, and tells when it was published; `text` is its
    plain-text description.

    `cities` are the job's places, each as written, with what it lies in where that is said (浙江, 杭州). Pay is
    whole CNY per month, `salary_months` times a year (None: 12); both ends are None where that is not known (面议).
    """

    id: int
    post_id: int
    author_id: int
    organization_id: int
    organization_name: str
    title: str
    text: str
    skills: tuple[str, ...]
    cities: tuple[str, ...]
    workplace_type: str
    employment_type: str
    experience_min_years: int | None
    education: str | None
    monthly_min: int | None
    monthly_max: int | None
    salary_months: int | None
    open: bool
    valid_through: date | None

    @property
    def known_minimum(self) -> int | None:
        """The least pay known of: an offer that names only its most is taken to pay just that."""
        return self.monthly_max if self.monthly_min is None else self.monthly_min

    @property
    def known_maximum(self) -> int | None:
        """The most pay known of: an offer that names only its least is taken to pay just that."""
        return self.monthly_min if self.monthly_max is None else self.monthly_max

    @property
    def yearly_minimum(self) -> int | None:
        """`known_minimum` of a whole year."""
        return None if self.known_minimum is None else self.known_minimum * (self.salary_months or 12)

    @property
    def yearly_maximum(self) -> int | None:
        """`known_maximum` of a whole year."""
        return None if self.known_maximum is None else self.known_maximum * (self.salary_months or 12)


@dataclass(frozen=True, slots=True)
class PostQuery:
    """Posts that match `text`, with `before` > id > `after`: the newest, or, `ascending`, the oldest of these.

    `author_ids` None means public posts of anyone; otherwise posts of these authors (at most 2,001)
    with a visibility in `visibilities`, and besides them `post_ids` (at most 1,000). Of all these, only those
    written by one of `written_by` (None: by anyone) and by none of `not_written_by`, with every one of `traits` and
    none of `without`. Sorted by relevance, the best of the newest `MOST_RANKED` matches, from `offset` on.
    """

    text: str
    limit: int
    author_ids: tuple[int, ...] | None = None
    post_ids: tuple[int, ...] = ()
    visibilities: tuple[str, ...] = ("public",)
    written_by: tuple[int, ...] | None = None
    not_written_by: tuple[int, ...] = ()
    kinds: tuple[PostKind, ...] = ()
    language: str | None = None
    traits: tuple[Trait, ...] = ()
    without: tuple[Trait, ...] = ()
    before: int | None = None
    after: int | None = None
    ascending: bool = False
    sort: PostSort = "latest"
    offset: int = 0

    @property
    def needs_words(self) -> bool:
        """Whether it asks for nothing without words. What has no letter or digit (`#`) is never taken for all."""
        return bool(self.text.strip()) or not (self.written_by is not None or self.kinds or self.traits)


@dataclass(frozen=True, slots=True)
class JobQuery:
    """Open jobs that match `text` (empty: all) and every filter given, from `offset` on.

    A job lies in one of `cities`, which may be wider regions; is of one of the types; and needs all `skills`.
    `salary_min` and `salary_max` are CNY per month or, `yearly`, per year: the job's range overlaps. Jobs whose
    pay is not known match while neither is given; with `negotiable` True then too, with False never.
    `experience_min` and `experience_max` bound the years that a job asks for, `education` is the most it may.
    `post_after` and `post_until` bound `post_id` and with it the time of publication. `ids`: these jobs alone (at
    most 1,000); `excluded_ids`: not these. `today` closes jobs whose validity ended.

    `any_word`: one of the words is enough, and the more of them, the better. `with_facets` False leaves them out.
    """

    text: str
    limit: int
    today: date
    offset: int = 0
    cities: tuple[str, ...] = ()
    salary_min: int | None = None
    salary_max: int | None = None
    yearly: bool = False
    negotiable: bool | None = None
    workplace_types: tuple[str, ...] = ()
    employment_types: tuple[str, ...] = ()
    experience_min: int | None = None
    experience_max: int | None = None
    education: str | None = None
    skills: tuple[str, ...] = ()
    organization_id: int | None = None
    post_after: int | None = None
    post_until: int | None = None
    ids: tuple[int, ...] | None = None
    excluded_ids: tuple[int, ...] = ()
    sort: JobSort = "relevance"
    any_word: bool = False
    with_facets: bool = True


@dataclass(frozen=True, slots=True)
class PostHits:
    """Ids of matching posts, the best or the newest first; `degraded` when the engine answered less well than it
    should."""

    ids: Sequence[int]
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """One value of a facet and how many of the matching jobs have it."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class JobHits:
    """Ids of matching jobs in order, how many match in all, and facets by the name of the filter they are for.

    Among places, `region` and `district` are values for the filter by city as well. `education`, `experience_max`
    and `salary_min` count at the values of `steps`.
    """

    ids: Sequence[int]
    total: int
    facets: dict[str, Sequence[Facet]] = field(default_factory=dict)
    degraded: bool = False


class SearchIndex(Protocol):
    """A search engine. Every method raises `SearchUnavailable` when the engine does not answer in time."""

    name: str

    async def prepare(self) -> None:
        """Create what the engine needs (indexes, settings). Safe to repeat."""

    async def put_posts(self, documents: Sequence[PostDocument]) -> None:
        """Insert or replace posts; returns once they can be found."""

    async def put_jobs(self, documents: Sequence[JobDocument]) -> None:
        """Insert or replace jobs; returns once they can be found."""

    async def delete_posts(self, ids: Sequence[int]) -> None:
        """Forget posts; unknown ids are fine."""

    async def delete_jobs(self, ids: Sequence[int]) -> None:
        """Forget jobs; unknown ids are fine."""

    async def clear(self) -> None:
        """Forget everything."""

    async def search_posts(self, query: PostQuery) -> PostHits:
        """Posts matching `query`. Where it `needs_words` and has none, raises `EmptyQuery`."""

    async def search_jobs(self, query: JobQuery) -> JobHits:
        """Jobs matching `query`, with facets that agree with its filters."""

    async def ping(self) -> None:
        """Ask the engine for an answer."""

    async def close(self) -> None:
        """Let connections go."""
