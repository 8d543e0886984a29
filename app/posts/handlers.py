"""What follows from a deleted post."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.outbox.publish import enqueue
from app.posts.models import Post
from app.posts.service import delete

DELETE_REPOSTS = "posts.delete_reposts"
_AT_ONCE = 200


async def delete_reposts(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Delete the reposts of deleted posts, some at a time. Nobody is shown them meanwhile: rules hide them."""
    for payload in payloads:
        original = await session.get(Post, payload["post_id"])
        if original is None or original.deleted_at is None:
            continue
        reposts = (
            await session.execute(
                select(Post.id, Post.author_id)
                .where(Post.repost_of_id == original.id, Post.deleted_at.is_(None))
                # In the order in which others lock their authors' counters too: never a deadlock with a follow.
                .order_by(Post.author_id, Post.id)
                .limit(_AT_ONCE)
            )
        ).all()
        for id, author_id in reposts:
            await delete(session, author_id=author_id, post_id=id, now=None)
        if len(reposts) == _AT_ONCE:
            await enqueue(session, DELETE_REPOSTS, [(f"{original.id}:{len(reposts)}", dict(payload))])
