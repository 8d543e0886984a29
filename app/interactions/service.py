"""Writes of likes, bookmarks, pins and muted conversations. Each may be repeated; a repost's id means its original."""

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.graph.queries import find_block
from app.interactions.events import LikeCreated, LikeRemoved
from app.interactions.models import Bookmark, ConversationMute, Pin
from app.kit.changes import of_counts, of_viewer
from app.kit.db import touch
from app.kit.errors import Forbidden, Invalid, NotFound
from app.outbox.publish import publish
from app.posts.models import Post
from app.posts.queries import get_visible_original, get_visible_post

MOST_PINS = 5


class CannotPin(Invalid):
    """The message says why; `code` is the same for all reasons."""

    code = "cannot_pin"
    message = "Validation failed: This post cannot be pinned"


# Both hold the account as it is until the end: it is suspended before (then they do nothing, and what it did has been
# taken out of the counters already) or after, and what they did is counted by the suspension.
_LIKE = text(
    """
    INSERT INTO likes (account_id, post_id)
    SELECT id, CAST(:post_id AS bigint) FROM accounts WHERE id = :account_id AND suspended_at IS NULL FOR KEY SHARE
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_UNLIKE = text(
    """
    WITH actor AS (SELECT id FROM accounts WHERE id = :account_id AND suspended_at IS NULL FOR KEY SHARE)
    DELETE FROM likes USING actor WHERE likes.account_id = actor.id AND likes.post_id = :post_id RETURNING likes.id
    """
)
# Holds the post, and so reads it again: a like that waited for its deletion finds nothing to count.
_COUNT = text(
    """
    WITH post AS (SELECT id, author_id FROM posts WHERE id = :post_id AND deleted_at IS NULL FOR KEY SHARE)
    UPDATE post_stats SET likes_count = likes_count + :by FROM post
    WHERE post_stats.post_id = post.id AND post_stats.author_id = post.author_id
    RETURNING post_stats.post_id
    """
)


async def like(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Like a post; the post. Raises NotFound, and Forbidden for a post of someone whom one blocks."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    if await find_block(session, account_id=account_id, target_id=post.author_id):
        raise Forbidden
    made = await session.execute(_LIKE, {"account_id": account_id, "post_id": post.id})
    if made.first():
        if (await session.execute(_COUNT, {"post_id": post.id, "by": 1})).first() is None:
            raise NotFound
        touch(session, of_counts(post.id))
        await publish(session, LikeCreated(post.id, account_id), actor_id=account_id)
    return post


async def unlike(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Take a like back; fine when there was none. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    gone = await session.execute(_UNLIKE, {"account_id": account_id, "post_id": post.id})
    if gone.first():
        await session.execute(_COUNT, {"post_id": post.id, "by": -1})
        touch(session, of_counts(post.id))
        await publish(session, LikeRemoved(post.id, account_id), actor_id=account_id)
    return post


async def bookmark(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Keep a post for oneself. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    await session.execute(insert(Bookmark).values(account_id=account_id, post_id=post.id).on_conflict_do_nothing())
    touch(session, of_viewer(account_id))
    return post


async def unbookmark(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Keep a post no longer. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    await session.execute(delete(Bookmark).where(Bookmark.account_id == account_id, Bookmark.post_id == post.id))
    touch(session, of_viewer(account_id))
    return post


async def pin(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Let one's own post stand first on one's profile. Raises NotFound and CannotPin."""
    post = await get_visible_post(session, id=post_id, viewer_id=account_id)
    if post.repost_of_id is not None:
        raise CannotPin("Validation failed: A boost cannot be pinned")
    if post.author_id != account_id:
        raise CannotPin("Validation failed: Someone else's post cannot be pinned")
    if post.visibility == "direct":
        raise CannotPin("Validation failed: Posts that are only visible to mentioned users cannot be pinned")
    # One at a time, so that two at once do not become a sixth.
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    if await session.get(Pin, (account_id, post.id)):
        return post
    living = select(func.count()).select_from(Pin).join(Post, Post.id == Pin.post_id).where(Post.deleted_at.is_(None))
    if (await session.scalar(living.where(Pin.account_id == account_id)) or 0) >= MOST_PINS:
        raise CannotPin("Validation failed: You have already pinned the maximum number of posts")
    session.add(Pin(account_id=account_id, post_id=post.id))
    await session.flush()
    touch(session, of_viewer(account_id))
    return post


async def unpin(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Unpin a post; fine when it was not pinned. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    await session.execute(delete(Pin).where(Pin.account_id == account_id, Pin.post_id == post.id))
    touch(session, of_viewer(account_id))
    return post


async def mute_conversation(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Hear no more of the thread a post is in. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    await session.execute(
        insert(ConversationMute).values(account_id=account_id, conversation_id=post.thread_id).on_conflict_do_nothing()
    )
    touch(session, of_viewer(account_id))
    return post


async def unmute_conversation(session: AsyncSession, *, account_id: int, post_id: int) -> Post:
    """Hear of a thread again. Raises NotFound."""
    post = await get_visible_original(session, id=post_id, viewer_id=account_id)
    await session.execute(
        delete(ConversationMute).where(
            ConversationMute.account_id == account_id, ConversationMute.conversation_id == post.thread_id
        )
    )
    touch(session, of_viewer(account_id))
    return post
