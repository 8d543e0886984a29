"""Writes of conversations."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.conversations.events import ConversationUpdated
from app.conversations.models import Conversation
from app.conversations.queries import get_conversation
from app.outbox.publish import publish_all
from app.posts.models import Post

# A post is added once; only then does it make anything unread, so that a second run changes nothing.
_ADD = text(
    """
    WITH view AS (
        SELECT account_id, ARRAY(
            SELECT other FROM unnest(CAST(:people AS bigint[])) AS other WHERE other <> account_id ORDER BY other
        ) AS participant_ids
        FROM unnest(CAST(:holders AS bigint[])) AS account_id
    ), fresh AS (
        SELECT view.* FROM view
        WHERE NOT EXISTS (
            SELECT FROM conversation_posts AS known
            WHERE known.account_id = view.account_id AND known.post_id = :post_id
        )
    ), kept AS (
        INSERT INTO conversations (account_id, thread_id, participant_ids, last_post_id, unread)
        SELECT account_id, :thread_id, participant_ids, :post_id,
            account_id <> :author_id AND NOT EXISTS (
                SELECT FROM conversation_mutes AS muted
                WHERE muted.account_id = fresh.account_id AND muted.conversation_id = :thread_id
            ) AND NOT EXISTS (
                SELECT FROM blocks WHERE blocks.account_id = fresh.account_id AND blocks.target_id = :author_id
                    OR blocks.account_id = :author_id AND blocks.target_id = fresh.account_id
            ) AND NOT EXISTS (
                SELECT FROM mutes WHERE mutes.account_id = fresh.account_id AND mutes.target_id = :author_id
                    AND (mutes.expires_at IS NULL OR mutes.expires_at > now())
            )
        FROM fresh ORDER BY account_id
        ON CONFLICT ON CONSTRAINT uq_conversations_participants DO UPDATE SET
            last_post_id = greatest(conversations.last_post_id, excluded.last_post_id),
            -- Who answers has read what came before.
            unread = CASE WHEN conversations.account_id = :author_id
                THEN conversations.unread AND conversations.last_post_id > excluded.last_post_id
                ELSE conversations.unread OR excluded.unread END
        RETURNING id, account_id
    ), added AS (
        INSERT INTO conversation_posts (account_id, post_id, conversation_id)
        SELECT account_id, :post_id, id FROM kept ON CONFLICT DO NOTHING RETURNING conversation_id, account_id
    )
    SELECT conversation_id, account_id FROM added
    """
)

_REMOVE = text(
    """
    WITH removed AS (
        DELETE FROM conversation_posts WHERE post_id = :post_id RETURNING conversation_id, account_id
    ), last AS (
        SELECT removed.conversation_id, removed.account_id, (
            SELECT max(rest.post_id) FROM conversation_posts AS rest
            WHERE rest.conversation_id = removed.conversation_id AND rest.account_id = removed.account_id
                AND rest.post_id <> :post_id
        ) AS post_id
        FROM removed
    ), emptied AS (
        DELETE FROM conversations USING last
        WHERE conversations.id = last.conversation_id AND conversations.account_id = last.account_id
            AND last.post_id IS NULL
    )
    UPDATE conversations SET last_post_id = last.post_id FROM last
    WHERE conversations.id = last.conversation_id AND conversations.account_id = last.account_id
        AND last.post_id IS NOT NULL
    RETURNING conversations.id, conversations.account_id
    """
)


async def add_post(session: AsyncSession, post: Post, *, holders: Collection[int]) -> None:
    """Put a direct post into the conversation of those of `holders` it is between. Once, however often it is told."""
    people = sorted({post.author_id, *(mention["id"] for mention in post.mentions)})
    parameters = {"people": people, "post_id": post.id, "thread_id": post.thread_id, "author_id": post.author_id}
    rows = await session.execute(_ADD, {**parameters, "holders": [id for id in people if id in holders]})
    events = [ConversationUpdated(*row) for row in rows]
    await publish_all(session, events, actor_id=post.author_id)


async def remove_post(session: AsyncSession, *, post_id: int) -> None:
    """Take a deleted post out of everyone's conversations, and conversations that end with it."""
    await session.execute(_REMOVE, {"post_id": post_id})


async def mark(session: AsyncSession, *, account_id: int, id: int, unread: bool) -> Conversation:
    """Mark a conversation as read, or not. Raises NotFound."""
    conversation = await get_conversation(session, account_id=account_id, id=id, for_update=True)
    conversation.unread = unread
    await session.flush()
    return conversation


async def remove(session: AsyncSession, *, account_id: int, id: int) -> None:
    """Take a conversation out of one's list, until somebody writes again. Raises NotFound."""
    conversation = await get_conversation(session, account_id=account_id, id=id, for_update=True)
    conversation.removed_through, conversation.unread = conversation.last_post_id, False
    await session.flush()
