"""Quotes: whether one may, and where they hang."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app.graph.queries import load_follows
from app.kit.errors import Forbidden
from app.posts import cascade
from app.posts.cascade import Parent
from app.posts.models import Post
from app.posts.queries import get_original, get_visible_post
from app.posts.rules import may_quote


class CannotQuote(Forbidden):
    code = "cannot_quote"
    message = "This post cannot be quoted"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A post that may be quoted, and how its quoter came to it."""

    post: Post
    parent: Parent


async def get_quotable(session: AsyncSession, *, id: int, via: int | None, quoter_id: int) -> Quoted:
    """What a quote of `id` (or of what the repost `id` carries) quotes. Raises NotFound, CannotQuote, InvalidVia."""
    shown = await get_visible_post(session, id=id, viewer_id=quoter_id)
    post = await get_original(session, post=shown, viewer_id=quoter_id)
    follows = await load_follows(session, follower_id=quoter_id, followee_ids=[post.author_id])
    if not may_quote(post, viewer_id=quoter_id, follows_author=bool(follows)):
        raise CannotQuote
    parent = await cascade.resolve_parent(
        session,
        root_id=await cascade.root_of(session, post=post),
        target=post,
        via=via,
        wrapper=shown if shown.kind == "repost" else None,
        account_id=quoter_id,
    )
    return Quoted(post, parent)
