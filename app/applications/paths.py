"""Shows paths: the steps from a root post to a post."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.applications.schemas import PathStepOut
from app.kit.site import Site
from app.kit.work import through
from app.posts.models import CascadeNode, Post
from app.posts.queries import load_paths
from app.posts.rules import may_see
from app.reading.present_account import present_account
from app.reading.viewer import Viewer, load_viewer


async def present_paths(
    session: AsyncSession,
    *,
    post_ids: Collection[int],
    viewer_id: int | None,
    site: Site,
    in_public: bool = False,
) -> dict[int, list[PathStepOut]]:
    """The steps to each post, root first, in three statements; none for a post that does not exist."""
    paths = await load_paths(session, post_ids=post_ids)
    steps = {post.id: post for path in paths.values() for post, _ in path}
    authors = await load_told_authors(session, posts=steps.values(), viewer_id=viewer_id, in_public=in_public)
    return {id: [_step(post, node, authors.get(post.id), site) for post, node in path] for id, path in paths.items()}


async def load_told_authors(
    session: AsyncSession, *, posts: Collection[Post], viewer_id: int | None, in_public: bool
) -> dict[int, Profile]:
    """By post who the viewer is told wrote it, in two statements: nobody of a post that is gone or not for their eyes,
    nor who is suspended or keeps them away. `in_public`: as an employer, who is told of public posts alone."""
    profiles = await load_profiles(session, ids={post.author_id for post in posts})
    viewer = await load_viewer(through(session), posts=posts, viewer_id=viewer_id)
    told = [post for post in posts if _is_told(post, viewer, in_public) and post.author_id in profiles]
    return {post.id: profiles[post.author_id] for post in told}


def _is_told(post: Post, viewer: Viewer, in_public: bool) -> bool:
    if post.deleted_at is not None or post.author_id in viewer.blocked_by:
        return False
    if in_public:
        return post.visibility in ("public", "unlisted")
    return may_see(post, viewer_id=viewer.id, follows_author=post.author_id in viewer.follows)


def _step(post: Post, node: CascadeNode | None, author: Profile | None, site: Site) -> PathStepOut:
    return PathStepOut(
        status_id=post.id,
        account=present_account(author, site=site) if author else None,
        kind=post.kind,
        depth=node.depth if node else 0,
        inference=node.inference if node else None,
        confidence=node.confidence if node else None,
        created_at=post.created_at,
    )
