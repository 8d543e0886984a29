"""Reads of posts, among them the one gate to a post: `get_visible_post`."""

from collections.abc import Collection, Sequence

from sqlalchemy import ARRAY, BigInteger, bindparam, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.accounts.models import Account
from app.graph.models import Block, Follow
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.posts import limits
from app.posts.models import CascadeNode, Post, PostRevision
from app.posts.rules import may_see


async def get_visible_post(session: AsyncSession, *, id: int, viewer_id: int | None) -> Post:
    """A living post that the viewer may see; raises NotFound for any other, without telling which.

    Of a repost the viewer must be let see what it carries as well.
    """
    follows_author = (
        select(Follow.follower_id).where(Follow.follower_id == viewer_id, Follow.followee_id == Post.author_id).exists()
    )
    blocked = select(Block.id).where(Block.account_id == Post.author_id, Block.target_id == viewer_id).exists()
    living = (
        select(Post, follows_author)
        .join(Account, Account.id == Post.author_id)
        .where(Post.id == id, Post.deleted_at.is_(None), Account.suspended_at.is_(None), ~blocked)
    )
    row = (await session.execute(living)).first()
    if row is None or not may_see(row[0], viewer_id=viewer_id, follows_author=row[1]):
        raise NotFound
    post: Post = row[0]
    if post.repost_of_id is not None:
        await get_visible_post(session, id=post.repost_of_id, viewer_id=viewer_id)
    return post


async def get_original(session: AsyncSession, *, post: Post, viewer_id: int | None) -> Post:
    """What a repost carries, or the post itself; raises NotFound when the viewer may not see it."""
    if post.repost_of_id is None:
        return post
    return await get_visible_post(session, id=post.repost_of_id, viewer_id=viewer_id)


async def get_visible_original(session: AsyncSession, *, id: int, viewer_id: int | None) -> Post:
    """`get_visible_post`, and `get_original` of that."""
    post = await get_visible_post(session, id=id, viewer_id=viewer_id)
    return await get_original(session, post=post, viewer_id=viewer_id)


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
    # Each one's newest, by their index, rather than everyone's reposts sorted.
    newest = (
        select(Post.id, Post.repost_of_id)
        .where(Post.author_id == Follow.followee_id, Post.kind == "repost", Post.deleted_at.is_(None))
        .order_by(Post.id.desc())
        .limit(limit)
        .lateral("newest")
    )
    rows = await session.scalars(
        select(newest.c.repost_of_id)
        .select_from(Follow)
        .join(newest, true())
        .where(Follow.follower_id == follower_id, Follow.reposts)
        .order_by(newest.c.id.desc())
        .limit(limit)
    )
    return [id for id in dict.fromkeys(rows) if id is not None]


async def list_revisions(session: AsyncSession, *, post: Post) -> Sequence[PostRevision]:
    """How a post read before its edits, the first version first."""
    own = (PostRevision.post_id == post.id, PostRevision.author_id == post.author_id)
    query = select(PostRevision).where(*own).order_by(PostRevision.id)
    return (await session.scalars(query.limit(limits.EDITS))).all()


async def page_quote_ids(session: AsyncSession, *, post_id: int, page: Page) -> Sequence[int]:
    """Quotes of a post that stand, newest first. Who may see which is left to the rules."""
    query = select(Post.id).where(
        Post.quote_of_id == post_id,
        Post.deleted_at.is_(None),
        or_(Post.quote_state.is_(None), Post.quote_state == "accepted"),
        Post.id > page.floor,
    )
    if page.max_id is not None:
        query = query.where(Post.id < page.max_id)
    query = query.order_by(Post.id.asc() if page.ascending else Post.id.desc()).limit(page.limit)
    ids = (await session.scalars(query)).all()
    return ids[::-1] if page.ascending else ids


async def find_node(session: AsyncSession, *, post_id: int) -> CascadeNode | None:
    """Where a repost or quote hangs; None for what is neither."""
    return await session.get(CascadeNode, post_id)


async def load_paths(
    session: AsyncSession, *, post_ids: Collection[int]
) -> dict[int, list[tuple[Post, CascadeNode | None]]]:
    """How each post was come to: the root first, then each repost or quote passed, then the post itself.

    Deleted steps are part of the path. A post that does not exist has none.
    """
    asked = select(func.unnest(bindparam("ids", list(post_ids), type_=ARRAY(BigInteger))).label("asked")).subquery()
    steps = select(asked.c.asked, asked.c.asked.label("step")).cte("steps", recursive=True)
    node = aliased(CascadeNode)
    steps = steps.union(select(steps.c.asked, node.parent_id).join(steps, node.post_id == steps.c.step))
    rows = await session.execute(
        select(steps.c.asked, Post, CascadeNode)
        .join(Post, Post.id == steps.c.step)
        .outerjoin(CascadeNode, CascadeNode.post_id == Post.id)
        # A parent is always older than what came through it.
        .order_by(steps.c.asked, Post.id)
    )
    paths: dict[int, list[tuple[Post, CascadeNode | None]]] = {}
    for id, post, found in rows:
        paths.setdefault(id, []).append((post, found))
    return paths
