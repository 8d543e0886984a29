"""Quotes: whether one may, where they hang, and taking the leave back."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_defaults
from app.graph.queries import load_follows
from app.kit.changes import of_counts, of_post
from app.kit.db import touch
from app.kit.errors import Forbidden, NotFound
from app.outbox.publish import publish
from app.posts import cascade
from app.posts.cascade import Parent
from app.posts.events import QuotePolicyChanged, QuoteRevoked
from app.posts.models import Post, PostStats
from app.posts.queries import get_original, get_own_post, get_visible_post
from app.posts.rules import may_quote, quote_policy


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


async def set_policy(session: AsyncSession, *, author_id: int, post_id: int, policy: str | None) -> None:
    """Say who may quote one's post from now on (None: whoever one lets by default). Raises NotFound."""
    post = await get_own_post(session, id=post_id, author_id=author_id)
    asked = policy or (await get_defaults(session, id=author_id)).quote_policy
    await change_policy(session, post=post, asked=asked)


async def change_policy(session: AsyncSession, *, post: Post, asked: str) -> None:
    """Let others quote a post that is locked than before, if that is something new."""
    policy = quote_policy(asked, visibility=post.visibility)
    if policy != post.quote_policy:
        post.quote_policy = policy
        await session.flush()
        touch(session, of_post(post.id))
        await publish(session, QuotePolicyChanged(post.id), actor_id=post.author_id)


async def revoke(session: AsyncSession, *, author_id: int, post_id: int, quoting_id: int) -> None:
    """Take one's post out of a quote, for good. The quote's words stay its author's, and it keeps its place in the
    cascade, where others may have come through it. Raises NotFound unless that quotes a post of one's own.
    """
    quoted = await session.scalar(
        select(Post.id).where(Post.id == post_id, Post.author_id == author_id, Post.deleted_at.is_(None))
    )
    query = select(Post).where(Post.id == quoting_id, Post.quote_of_id == post_id, Post.deleted_at.is_(None))
    quoting = await session.scalar(query.with_for_update())
    if quoted is None or quoting is None:
        raise NotFound
    if quoting.quote_state == "revoked":
        return
    if quoting.quote_state in (None, "accepted") and quoting.visibility in ("public", "unlisted"):
        stats = update(PostStats).where(PostStats.post_id == post_id, PostStats.author_id == author_id)
        await session.execute(stats.values(quotes_count=PostStats.quotes_count - 1))
    quoting.quote_state = "revoked"
    await session.flush()
    touch(session, of_post(quoting.id), of_counts(post_id))
    await publish(session, QuoteRevoked(quoting.id), actor_id=author_id)
