"""What follows from a deleted post: nothing is kept of what readers did with it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.outbox.publish import enqueue
from app.posts.models import Post

FORGET = "interactions.forget"
_AT_ONCE = 1000

_DELETE = tuple(
    text(
        f"""
        DELETE FROM {table} WHERE (account_id, post_id) IN
            (SELECT account_id, post_id FROM {table} WHERE post_id = :post_id LIMIT {_AT_ONCE})
        RETURNING account_id
        """
    )
    for table in ("likes", "bookmarks")
)
_UNPIN = text("DELETE FROM pins WHERE account_id = :author_id AND post_id = :post_id")


async def forget(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Drop likes, bookmarks and pins of deleted posts, a thousand at a time. Nobody sees them: rules hide them."""
    for payload in payloads:
        post = await session.get(Post, payload["post_id"])
        if post is None or post.deleted_at is None or post.kind == "repost":
            continue
        await session.execute(_UNPIN, {"author_id": post.author_id, "post_id": post.id})
        gone = [len((await session.execute(one, {"post_id": post.id})).all()) for one in _DELETE]
        if _AT_ONCE in gone:
            await enqueue(session, FORGET, [(f"{post.id}:more", dict(payload))])
