"""Which post someone came through: the parent of a repost or quote in the tree of its original."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.exposures.writing import REMEMBERED
from app.kit.errors import Invalid, NotFound
from app.posts.models import CascadeNode, Post
from app.posts.queries import find_node, get_visible_post
from app.posts.rules import (
    CARD,
    DEEPEST_CASCADE,
    DIRECT,
    EXPLICIT,
    EXPOSURE,
    FOLLOW,
    LINK,
    SEARCH,
    TAG,
    WRAPPER,
)


class InvalidVia(Invalid):
    code = "invalid_via"
    message = "via must name a repost or quote of the same post that you can see"


_SHOWN = text(
    """
    SELECT exposure.via_id, exposure.surface, exposure.known_by, coalesce(node.depth, 0)
    FROM exposures AS exposure
    JOIN posts AS post ON post.id = exposure.via_id
    LEFT JOIN cascade_nodes AS node ON node.post_id = exposure.via_id AND node.root_id = exposure.root_id
    WHERE exposure.viewer_id = :account_id AND exposure.root_id = :root_id
        AND exposure.at > now() - CAST(:remembered AS interval)
        AND (node.post_id IS NOT NULL OR post.id = exposure.root_id)
        AND post.author_id <> :account_id AND post.deleted_at IS NULL AND post.quote_state IS DISTINCT FROM 'revoked'
        AND (:target_id = exposure.root_id OR :target_id IN (post.id, post.repost_of_id, post.quote_of_id))
    ORDER BY exposure.known_by IS NOT NULL DESC, exposure.at DESC, exposure.via_id DESC
    LIMIT 1
    """
)
# From those it follows to what each has in the tree: however large that is, this costs the same.
_FOLLOWED = text(
    """
    SELECT max(own.post_id)
    FROM follows AS follow CROSS JOIN LATERAL (
        SELECT node.post_id FROM cascade_nodes AS node JOIN posts AS post ON post.id = node.post_id
        WHERE node.root_id = :root_id AND node.account_id = follow.followee_id
            AND post.deleted_at IS NULL AND post.visibility <> 'direct'
            AND post.quote_state IS DISTINCT FROM 'revoked'
            AND (:any_branch OR :target_id IN (post.repost_of_id, post.quote_of_id))
        ORDER BY node.post_id DESC LIMIT 1
    ) AS own
    WHERE follow.follower_id = :account_id AND follow.followee_id <> :account_id AND NOT EXISTS (
        SELECT FROM follows AS author WHERE author.follower_id = :account_id AND author.followee_id = :author_id
    )
    """
)


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
    the repost (`wrapper`) whose id it was given; the card it opened, its own or one passed on; what it was
    shown last within a week; the latest repost or quote of the tree by someone it follows; else straight from
    the target.
    """
    if via is not None and via != root_id:
        return await _explicit(session, root_id=root_id, via=via, account_id=account_id)
    if via is not None:
        return Parent(root_id, root_id, 0, *EXPLICIT)
    if wrapper is not None and wrapper.author_id != account_id:
        node = await find_node(session, post_id=wrapper.id)
        if node:
            return Parent(root_id, node.post_id, _capped(node.depth), *WRAPPER)
    if shown := await _shown(session, root_id=root_id, target=target, account_id=account_id):
        return shown
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


async def _shown(session: AsyncSession, *, root_id: int, target: Post, account_id: int) -> Parent | None:
    """The living post of another by which the account was shown the root: the card it opened first, else the latest.

    Only jobs are noted. Of a target that is itself a quote in the tree, what carries it counts.
    """
    if target.id == root_id and target.kind != "job":
        return None
    values = {"root_id": root_id, "account_id": account_id, "target_id": target.id, "remembered": REMEMBERED}
    found = (await session.execute(_SHOWN, values)).first()
    if found is None:
        return None
    via_id, surface, known_by, depth = found
    if known_by is not None:
        how = CARD if known_by == "card" else LINK
    elif via_id == root_id:
        how = {"search": SEARCH, "tag": TAG}.get(surface, EXPOSURE)
    else:
        how = EXPOSURE
    return Parent(root_id, via_id, _capped(depth), *how)


async def _followed(session: AsyncSession, *, root_id: int, target: Post, account_id: int) -> CascadeNode | None:
    """The latest node by someone the account follows, unless it follows the target's author as well.

    Who follows the author had the post in the home timeline anyway: then nothing points to a repost. A target
    that is itself a quote in the tree was seen through what carries it, not through another branch.
    """
    values = {
        "root_id": root_id,
        "account_id": account_id,
        "target_id": target.id,
        "author_id": target.author_id,
        "any_branch": target.id == root_id,
    }
    found = (await session.execute(_FOLLOWED, values)).scalar()
    return await find_node(session, post_id=found) if found else None


def _capped(depth: int) -> int:
    # Deeper hops are kept in the tree, on its last level: the path stays whole, its depth is told as "8 or more".
    return min(depth, DEEPEST_CASCADE - 1)
