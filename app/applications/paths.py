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
    session: AsyncSession, *, post_ids: Collection[int], viewer_id: int | None, site: Site
) -> dict[int, list[PathStepOut]]:
    """The steps to each post, root first, in three statements; none for a post that does not exist."""
    paths = await load_paths(session, post_ids=post_ids)
    authors = {post.author_id for path in paths.values() for post, _ in path}
    profiles = await load_profiles(session, ids=authors)
    steps = {post.id: post for path in paths.values() for post, _ in path}
    viewer = await load_viewer(through(session), posts=steps.values(), viewer_id=viewer_id)
    return {
        id: [_step(post, node, _shown_author(post, profiles, viewer), site) for post, node in path]
        for id, path in paths.items()
    }


def _shown_author(post: Post, profiles: dict[int, Profile], viewer: Viewer) -> Profile | None:
    follows = post.author_id in viewer.follows
    if post.deleted_at is not None or not may_see(post, viewer_id=viewer.id, follows_author=follows):
        return None
    return None if post.author_id in viewer.blocked_by else profiles.get(post.author_id)


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
