"""What direct posts do to conversations. Every handler may run twice, late, or out of order."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.service import add_post, remove_post
from app.posts.models import Post


async def keep(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Bring conversations in line with posts as they are: published, edited or deleted."""
    # A post's visibility never changes, and few are direct.
    direct = select(Post.id).where(Post.id.in_([payload["post_id"] for payload in payloads]))
    ids = (await session.scalars(direct.where(Post.visibility == "direct").order_by(Post.id))).all()
    for id in ids:
        # Locked, so that deleting it comes after, and takes it out again.
        query = select(Post).where(Post.id == id)
        post = (await session.scalars(query.with_for_update(read=True))).first()
        if post is None:
            continue
        if post.deleted_at is None:
            await add_post(session, post)
        else:
            await remove_post(session, post_id=post.id)
