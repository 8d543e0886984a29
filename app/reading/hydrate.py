"""Step two: everything a page of posts needs, in a fixed number of statements whatever the page holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import ARRAY, BigInteger, Select, bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.accounts.models import Account, AccountStats
from app.accounts.queries import Profile
from app.graph.models import Follow
from app.graph.queries import load_follows
from app.jobs.models import Job
from app.organizations.models import Organization
from app.posts.models import CascadeNode, Post, PostStats


@dataclass(frozen=True, slots=True)
class HydratedPost:
    """A living post of an account that is not suspended."""

    post: Post
    author: Profile
    stats: PostStats | None
    node: CascadeNode | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads, and what that changes: whom they follow among the authors, what they reposted."""

    id: int | None
    follows: dict[int, Follow] = field(default_factory=dict)
    reposted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Hydrated:
    """Posts by id (asked for, reposted and quoted), jobs by the id of their post, and the viewer."""

    posts: dict[int, HydratedPost]
    jobs: dict[int, tuple[Job, Organization]]
    viewer: Viewer


async def hydrate(session: AsyncSession, *, ids: Collection[int], viewer_id: int | None) -> Hydrated:
    """Load posts with what they repost and quote, and the viewer's standing to them. At most 4 statements."""
    posts = await _load_posts(session, ids)
    return Hydrated(
        posts, await _load_jobs(session, posts.values()), await _load_viewer(session, posts.values(), viewer_id)
    )


def _posts_statement() -> Select[Post, Account, AccountStats, PostStats, CascadeNode]:
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
        select(Post, Account, AccountStats, PostStats, CascadeNode)
        .join(Account, Account.id == Post.author_id)
        .join(AccountStats, AccountStats.account_id == Account.id)
        .outerjoin(PostStats, PostStats.post_id == Post.id)
        .outerjoin(CascadeNode, CascadeNode.post_id == Post.id)
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
        post.id: HydratedPost(post, Profile(account, account_stats), stats, node)
        for post, account, account_stats, stats, node in rows
    }


async def _load_jobs(session: AsyncSession, posts: Iterable[HydratedPost]) -> dict[int, tuple[Job, Organization]]:
    ids = [item.post.id for item in posts if item.post.kind == "job"]
    if not ids:
        return {}
    rows = await session.execute(
        select(Job, Organization).join(Organization, Organization.id == Job.organization_id).where(Job.post_id.in_(ids))
    )
    return {job.post_id: (job, organization) for job, organization in rows if job.post_id is not None}


async def _load_viewer(session: AsyncSession, posts: Iterable[HydratedPost], viewer_id: int | None) -> Viewer:
    posts = list(posts)
    if viewer_id is None or not posts:
        return Viewer(viewer_id)
    people = {item.post.author_id for item in posts} | {
        item.post.in_reply_to_account_id for item in posts if item.post.in_reply_to_account_id
    }
    originals = [item.post.id for item in posts if item.post.kind != "repost"]
    follows = await load_follows(session, follower_id=viewer_id, followee_ids=people)
    reposted = await session.scalars(
        select(Post.repost_of_id).where(
            Post.author_id == viewer_id, Post.repost_of_id.in_(originals), Post.deleted_at.is_(None)
        )
    )
    return Viewer(viewer_id, follows, frozenset(id for id in reposted if id is not None))
