"""What direct posts do to conversations. Every handler may run twice, late, or out of order."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.service import add_post, remove_post
from app.posts.models import Post

# So many of a sender's direct posts come into the list when they are let in.
_MOST_ACCEPTED = 100

Payloads = Sequence[Mapping[str, Any]]


async def keep(session: AsyncSession, payloads: Payloads) -> None:
    """Bring their authors' conversations in line with posts as they are: published, edited or deleted."""
    # A post's visibility never changes, and few are direct.
    direct = select(Post.id).where(Post.id.in_([payload["post_id"] for payload in payloads]))
    ids = (await session.scalars(direct.where(Post.visibility == "direct").order_by(Post.id))).all()
    for id in ids:
        post = await _direct_post(session, id)
        if post is None:
            continue
        if post.deleted_at is None:
            await add_post(session, post, holders=[post.author_id])
        else:
            await remove_post(session, post_id=post.id)


async def hand_out(session: AsyncSession, payloads: Payloads) -> None:
    """Put a direct post into the conversation of one it is for and whose policy does not keep it back."""
    for payload in payloads:
        post = await _direct_post(session, payload["post_id"])
        if post is not None and post.deleted_at is None:
            await add_post(session, post, holders=[payload["account_id"]])


async def let_in(session: AsyncSession, payloads: Payloads) -> None:
    """Show what an accepted sender wrote before, the latest of it."""
    for payload in payloads:
        account_id = payload["account_id"]
        written = select(Post).where(
            Post.author_id == payload["from_id"],
            Post.visibility == "direct",
            Post.deleted_at.is_(None),
            Post.mentions.contains([{"id": account_id}]),
        )
        latest = written.order_by(Post.id.desc()).limit(_MOST_ACCEPTED)
        for post in await session.scalars(latest.with_for_update(read=True)):
            await add_post(session, post, holders=[account_id])


async def _direct_post(session: AsyncSession, id: int) -> Post | None:
    # Locked, so that deleting it comes after, and takes it out again.
    query = select(Post).where(Post.id == id, Post.visibility == "direct")
    return (await session.scalars(query.with_for_update(read=True))).first()
