"""Reads of conversations."""

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from app.conversations.models import Conversation, ConversationPost
from app.kit.errors import NotFound
from app.kit.pagination import Page

_LISTED = Conversation.last_post_id > Conversation.removed_through


async def get_conversation(
    session: AsyncSession, *, account_id: int, id: int, for_update: bool = False
) -> Conversation:
    """One of an account's conversations, locked for a change if asked; raises NotFound."""
    query = select(Conversation).where(Conversation.id == id, Conversation.account_id == account_id, _LISTED)
    found = (await session.scalars(query.with_for_update() if for_update else query)).first()
    if found is None:
        raise NotFound
    return found


async def page_conversations(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[Conversation]:
    """A page of an account's conversations, latest first: the cursor is the last post's id."""
    last = Conversation.last_post_id
    query = select(Conversation).where(Conversation.account_id == account_id, _LISTED, last > page.floor)
    if page.max_id is not None:
        query = query.where(last < page.max_id)
    rows = (await session.scalars(query.order_by(last if page.ascending else last.desc()).limit(page.limit))).all()
    return rows[::-1] if page.ascending else rows


_LATEST = text(
    """
    SELECT wanted.id, latest.post_id FROM unnest(:ids) AS wanted (id)
    CROSS JOIN LATERAL (
        SELECT post_id FROM conversation_posts WHERE conversation_id = wanted.id ORDER BY post_id DESC LIMIT :most
    ) AS latest
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


async def load_latest(session: AsyncSession, *, ids: Collection[int], most: int) -> dict[int, list[int]]:
    """The newest posts of each conversation, at most `most` each, newest first."""
    latest: dict[int, list[int]] = {}
    for id, post_id in await session.execute(_LATEST, {"ids": list(ids), "most": most}):
        latest.setdefault(id, []).append(post_id)
    return {id: sorted(posts, reverse=True) for id, posts in latest.items()}


async def page_direct_posts(session: AsyncSession, *, account_id: int, page: Page) -> Sequence[int]:
    """Ids of direct posts by the account and to it, newest first."""
    id = ConversationPost.post_id
    query = select(id).where(ConversationPost.account_id == account_id, id > page.floor)
    if page.max_id is not None:
        query = query.where(id < page.max_id)
    ids = (await session.scalars(query.order_by(id if page.ascending else id.desc()).limit(page.limit))).all()
    return ids[::-1] if page.ascending else ids
