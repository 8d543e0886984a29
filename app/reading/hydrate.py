"""Step two: everything a page of posts needs, in a fixed number of statements whatever the page holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, Select, bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.accounts.models import Account, AccountStats
from app.accounts.queries import Profile
from app.jobs.models import Job
from app.kit import clock
from app.media.models import Media
from app.media.queries import load_media
from app.oauth.models import App
from app.organizations.models import Organization
from app.posts.models import CascadeNode, Poll, Post, PostStats
from app.reading.viewer import Viewer, load_viewer


@dataclass(frozen=True, slots=True)
class HydratedPost:
    """A living post of an account that is not suspended. `app` is the name and website of the client it came by."""

    post: Post
    author: Profile
    stats: PostStats | None
    node: CascadeNode | None
    app: tuple[str, str | None] | None = None
    id: int = field(init=False)

    def __post_init__(self) -> None:
        # Asked for again and again: without the way through SQLAlchemy.
        object.__setattr__(self, "id", self.post.id)


@dataclass(frozen=True, slots=True)
class Hydrated:
    """Posts by id (asked for, reposted and quoted), jobs by the id of their post, polls, media, and the viewer.

    `keys`: what it is made of, where it came from memory; `until`: when time alone makes it another.
    """

    posts: dict[int, HydratedPost]
    jobs: dict[int, tuple[Job, Organization]]
    viewer: Viewer
    polls: dict[int, Poll] = field(default_factory=dict)
    media: dict[int, Media] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)
    keys: tuple[str, ...] = ()

    @property
    def until(self) -> datetime | None:
        """When a poll ends, or something the viewer chose for a time."""
        ends = [poll.expires_at for poll in self.polls.values() if poll.expires_at and poll.expires_at > self.now]
        return min((*ends, *([self.viewer.until] if self.viewer.until else ())), default=None)


async def hydrate(session: AsyncSession, *, ids: Collection[int], viewer_id: int | None) -> Hydrated:
    """Load posts with what they repost and quote, and the viewer's standing to them. At most 5 statements."""
    posts = await _load_posts(session, ids)
    return Hydrated(
        posts,
        await _load_jobs(session, posts.values()),
        await load_viewer(session, posts=(item.post for item in posts.values()), viewer_id=viewer_id),
        await _load_polls(session, posts.values()),
        await load_media(session, ids={id for item in posts.values() for id in item.post.media_ids}),
    )


def _posts_statement() -> Select[Post, Account, AccountStats, PostStats, CascadeNode, str, str | None]:
    asked = select(func.unnest(bindparam("ids", type_=ARRAY(BigInteger))).label("id"), literal(0).label("step"))
    wanted = asked.cte("wanted", recursive=True)
    # Two steps are enough: a repost, the quote it carries, and what that quotes.
    source = aliased(Post)
    referred = coalesce(source.repost_of_id, source.quote_of_id)
    wanted = wanted.union(
        select(referred, wanted.c.step + 1)
        .join(wanted, wanted.c.id == source.id)
        .where(wanted.c.step < 2, referred.is_not(None))
    )
    return (
        select(Post, Account, AccountStats, PostStats, CascadeNode, App.name, App.website)
        .join(Account, Account.id == Post.author_id)
        .join(AccountStats, AccountStats.account_id == Account.id)
        .outerjoin(PostStats, PostStats.post_id == Post.id)
        .outerjoin(CascadeNode, CascadeNode.post_id == Post.id)
        .outerjoin(App, App.id == Post.app_id)
        # As an array, not a subquery: the planner then expects a few posts and goes by their keys.
        .where(Post.id == func.any(func.array(select(wanted.c.id).scalar_subquery())))
        .where(Post.deleted_at.is_(None), Account.suspended_at.is_(None))
    )


# Built once: building it costs as much as running it.
_POSTS = _posts_statement()


async def _load_posts(session: AsyncSession, ids: Collection[int]) -> dict[int, HydratedPost]:
    if not ids:
        return {}
    rows = await session.execute(_POSTS, {"ids": list(ids)})
    return {
        post.id: HydratedPost(post, Profile(account, account_stats), stats, node, (name, website) if name else None)
        for post, account, account_stats, stats, node, name, website in rows
    }


async def _load_jobs(session: AsyncSession, posts: Iterable[HydratedPost]) -> dict[int, tuple[Job, Organization]]:
    ids = [item.post.id for item in posts if item.post.kind == "job"]
    if not ids:
        return {}
    rows = await session.execute(
        select(Job, Organization).join(Organization, Organization.id == Job.organization_id).where(Job.post_id.in_(ids))
    )
    return {job.post_id: (job, organization) for job, organization in rows if job.post_id is not None}


async def _load_polls(session: AsyncSession, posts: Iterable[HydratedPost]) -> dict[int, Poll]:
    ids = [item.post.poll_id for item in posts if item.post.poll_id]
    if not ids:
        return {}
    return {poll.id: poll for poll in await session.scalars(select(Poll).where(Poll.id.in_(ids)))}
