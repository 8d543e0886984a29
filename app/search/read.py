"""Searches as readers meet them: the index proposes, PostgreSQL and the rules decide what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.graph.queries import list_followee_ids
from app.jobs.models import Job
from app.jobs.queries import load_jobs
from app.kit.pagination import Page
from app.organizations.models import Organization
from app.posts.queries import list_reposted_ids
from app.reading.hydrate import Hydrated, HydratedPost, hydrate
from app.reading.pipeline import Timeline, hydrated_by, read_timeline
from app.reading.rules import Rule, at_home, findable, on_profile, welcome
from app.search.highlight import highlight
from app.search.index import JobHits, JobQuery, PostQuery, SearchIndex

MOST_AUTHORS = 2000
MOST_REPOSTED = 1000
_ALL_VISIBILITIES = ("public", "unlisted", "private")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose posts are searched (None: everyone's public ones), which besides, and what rule decides."""

    rule: Rule
    author_ids: tuple[int, ...] | None = None
    post_ids: tuple[int, ...] = ()
    truncated: bool = False


@dataclass(slots=True)
class FoundPosts:
    """A page of posts with their words marked."""

    timeline: Timeline
    highlights: dict[int, str] = field(default_factory=dict)
    degraded: bool = False


@dataclass(frozen=True, slots=True)
class FoundJobs:
    """A page of jobs that may be shown, and what the index says of all that match."""

    jobs: Sequence[tuple[Job, Organization]]
    hits: JobHits


PUBLIC = Scope(findable)


async def home_scope(session: AsyncSession, *, account_id: int) -> Scope:
    """What comes into an account's home timeline: its own posts, those of the people it follows (the last
    followed 1,999 at most), and what these reposted (the last 1,000).
    """
    followees = await list_followee_ids(session, follower_id=account_id, limit=MOST_AUTHORS)
    reposted = await list_reposted_ids(session, follower_id=account_id, limit=MOST_REPOSTED)
    brought = frozenset(reposted)

    def rule(item: HydratedPost, hydrated: Hydrated) -> bool:
        return at_home(item, hydrated) or (item.post.id in brought and welcome(item, hydrated))

    authors = (account_id, *followees[: MOST_AUTHORS - 1])
    return Scope(rule, authors, tuple(brought), truncated=len(followees) == MOST_AUTHORS)


async def account_scope(session: AsyncSession, *, author_id: int) -> Scope:
    """One account; raises NotFound when there is none."""
    await get_profile(session, id=author_id)
    return Scope(on_profile, (author_id,))


async def find_posts(
    session: AsyncSession,
    index: SearchIndex,
    *,
    query: PostQuery,
    scope: Scope,
    page: Page,
    viewer_id: int | None,
) -> FoundPosts:
    """The page of posts that match `query` in `scope`. Raises EmptyQuery and SearchUnavailable."""
    found = FoundPosts(Timeline())

    async def skeleton(part: Page) -> Sequence[int]:
        # The index may ask for a connection of its own: a request that kept this one could wait for itself.
        await session.commit()
        hits = await index.search_posts(_on_page(query, scope, part))
        found.degraded |= hits.degraded
        return hits.ids

    found.timeline = await read_timeline(
        hydrated_by(session), skeleton=skeleton, page=page, rule=scope.rule, viewer_id=viewer_id
    )
    found.highlights = {item.post.id: highlight(item.post.text, query.text) for item, _ in found.timeline.items}
    return found


async def find_jobs(session: AsyncSession, index: SearchIndex, *, query: JobQuery, viewer_id: int | None) -> FoundJobs:
    """The page of open jobs that match `query`. Raises SearchUnavailable."""
    hits = await index.search_jobs(query)
    jobs = await load_jobs(session, ids=hits.ids)
    posts = [job.post_id for job in jobs.values() if job.post_id is not None]
    hydrated = await hydrate(session, ids=posts, viewer_id=viewer_id)
    shown = [
        hydrated.jobs[job.post_id]
        for id in hits.ids
        if (job := jobs.get(id)) and job.state == "open" and job.post_id is not None
        if (item := hydrated.posts.get(job.post_id)) and findable(item, hydrated)
    ]
    return FoundJobs(shown, hits)


def _on_page(query: PostQuery, scope: Scope, page: Page) -> PostQuery:
    """`query` narrowed to `scope` and to the part of the timeline that `page` asks for."""
    uppers = [bound for bound in (query.before, page.max_id) if bound is not None]
    lowers = [bound for bound in (query.after, page.min_id, page.since_id) if bound is not None]
    return replace(
        query,
        limit=page.limit,
        author_ids=scope.author_ids,
        post_ids=scope.post_ids,
        visibilities=_ALL_VISIBILITIES,
        before=min(uppers, default=None),
        after=max(lowers, default=None),
        ascending=page.ascending,
    )
