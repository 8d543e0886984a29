"""Which post someone came through: the parent of a repost or quote in the tree of its original."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.models import Follow
from app.kit.errors import Invalid, NotFound
from app.posts.models import CascadeNode, Post
from app.posts.queries import find_node, get_visible_post
from app.posts.rules import DEEPEST_CASCADE, DIRECT, EXPLICIT, FOLLOW, WRAPPER


class InvalidVia(Invalid):
    code = "invalid_via"
    message = "via must name a repost or quote of the same post that you can see"


@dataclass(frozen=True, slots=True)
class Parent:
    """The post come through, its depth (0 for the root itself), and how that is known."""

    root_id: int
    post_id: int
    depth: int
    inference: str
    confidence: float


async def root_of(session: AsyncSession, *, post: Post) -> int:
    """The post from which the tree of `post` grows: itself, unless it is a repost or quote."""
    node = await find_node(session, post_id=post.id)
    return node.root_id if node else post.id


async def resolve_parent(
    session: AsyncSession, *, root_id: int, target: Post, via: int | None, wrapper: Post | None, account_id: int
) -> Parent:
    """How `account_id` came to `target` in the tree of `root_id`.

    In this order: the `via` it names (raises InvalidVia unless that is in the tree, visible and another's);
    the repost (`wrapper`) whose id it was given; the latest repost or quote of the tree by someone it
    follows; else straight from the target.
    """
    if via is not None and via != root_id:
        return await _explicit(session, root_id=root_id, via=via, account_id=account_id)
    if via is not None:
        return Parent(root_id, root_id, 0, *EXPLICIT)
    if wrapper is not None and wrapper.author_id != account_id:
        node = await find_node(session, post_id=wrapper.id)
        if node:
            return Parent(root_id, node.post_id, _capped(node.depth), *WRAPPER)
    guess = await _followed(session, root_id=root_id, target=target, account_id=account_id)
    if guess is not None:
        return Parent(root_id, guess.post_id, _capped(guess.depth), *FOLLOW)
    if target.id == root_id:
        return Parent(root_id, root_id, 0, *DIRECT)
    node = await find_node(session, post_id=target.id)
    return Parent(root_id, target.id, _capped(node.depth if node else 0), *DIRECT)


async def _explicit(session: AsyncSession, *, root_id: int, via: int, account_id: int) -> Parent:
    node = await find_node(session, post_id=via)
    if node is None or node.root_id != root_id or node.account_id == account_id:
        raise InvalidVia
    try:
        post = await get_visible_post(session, id=via, viewer_id=account_id)
    except NotFound:
        # The same answer as for an id that names nothing: it must not tell that a hidden post exists.
        raise InvalidVia from None
    if post.quote_state == "revoked":
        # It shows the original to nobody any more.
        raise InvalidVia
    return Parent(root_id, post.id, _capped(node.depth), *EXPLICIT)


async def _followed(session: AsyncSession, *, root_id: int, target: Post, account_id: int) -> CascadeNode | None:
    """The latest node by someone the account follows, unless it follows the target's author as well.

    Who follows the author had the post in the home timeline anyway: then nothing points to a repost. A target
    that is itself a quote in the tree was seen through what carries it, not through another branch.
    """
    follows_author = (
        select(Follow).where(Follow.follower_id == account_id, Follow.followee_id == target.author_id).exists()
    )
    query = (
        select(CascadeNode)
        .join(Follow, (Follow.followee_id == CascadeNode.account_id) & (Follow.follower_id == account_id))
        .join(Post, (Post.id == CascadeNode.post_id) & Post.deleted_at.is_(None) & (Post.visibility != "direct"))
        .where(CascadeNode.root_id == root_id, CascadeNode.account_id != account_id, ~follows_author)
        .where(Post.quote_state.is_distinct_from("revoked"))
        .order_by(CascadeNode.post_id.desc())
        .limit(1)
    )
    if target.id != root_id:
        query = query.where((Post.repost_of_id == target.id) | (Post.quote_of_id == target.id))
    return (await session.scalars(query)).first()


def _capped(depth: int) -> int:
    # Deeper hops are kept in the tree, on its last level: the path stays whole, its depth is told as "8 or more".
    return min(depth, DEEPEST_CASCADE - 1)
