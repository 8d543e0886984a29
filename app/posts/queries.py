"""Reads of posts, among them the one gate to a post: `get_visible_post`."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.graph.models import Follow
from app.kit.errors import NotFound
from app.posts.models import CascadeNode, Post
from app.posts.rules import may_see


async def get_visible_post(session: AsyncSession, *, id: int, viewer_id: int | None) -> Post:
    """A living post that the viewer may see; raises NotFound for any other, without telling which."""
    follows_author = (
        select(Follow.follower_id).where(Follow.follower_id == viewer_id, Follow.followee_id == Post.author_id).exists()
    )
    row = (await session.execute(select(Post, follows_author).where(Post.id == id, Post.deleted_at.is_(None)))).first()
    if row is None or not may_see(row[0], viewer_id=viewer_id, follows_author=row[1]):
        raise NotFound
    post: Post = row[0]
    return post


async def get_own_post(session: AsyncSession, *, id: int, author_id: int) -> Post:
    """A living post of this author, locked for a change; raises NotFound."""
    query = select(Post).where(Post.id == id, Post.author_id == author_id, Post.deleted_at.is_(None))
    post = (await session.scalars(query.with_for_update())).first()
    if post is None:
        raise NotFound
    return post


async def find_repost(session: AsyncSession, *, author_id: int, original_id: int) -> Post | None:
    """The author's living repost of a post."""
    query = select(Post).where(Post.author_id == author_id, Post.repost_of_id == original_id, Post.deleted_at.is_(None))
    return (await session.scalars(query)).first()


async def list_reposted_ids(session: AsyncSession, *, follower_id: int, limit: int) -> list[int]:
    """What the people an account follows reposted (where it wants their reposts), the last `limit` of these."""
    rows = await session.scalars(
        select(Post.repost_of_id)
        .join(Follow, (Follow.followee_id == Post.author_id) & (Follow.follower_id == follower_id) & Follow.reposts)
        .where(Post.kind == "repost", Post.deleted_at.is_(None))
        .order_by(Post.id.desc())
        .limit(limit)
    )
    return [id for id in dict.fromkeys(rows) if id is not None]


async def find_node(session: AsyncSession, *, post_id: int) -> CascadeNode | None:
    """Where a repost or quote hangs; None for what is neither."""
    return await session.get(CascadeNode, post_id)


async def load_path(session: AsyncSession, *, post_id: int) -> list[tuple[Post, CascadeNode | None]]:
    """How a post was come to: the root first, then each repost or quote passed, then the post itself.

    Deleted steps are part of the path. Empty when there is no such post.
    """
    up = select(CascadeNode.post_id, CascadeNode.parent_id).where(CascadeNode.post_id == post_id).cte(recursive=True)
    step = aliased(CascadeNode)
    up = up.union(select(step.post_id, step.parent_id).join(up, step.post_id == up.c.parent_id))
    rows = await session.execute(
        select(Post, CascadeNode)
        .outerjoin(CascadeNode, CascadeNode.post_id == Post.id)
        .where((Post.id == post_id) | Post.id.in_(select(up.c.post_id)) | Post.id.in_(select(up.c.parent_id)))
        # A parent is always older than what came through it.
        .order_by(Post.id)
    )
    return [(post, node) for post, node in rows]
