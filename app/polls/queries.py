"""Reads of polls."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.posts.models import Poll
from app.posts.queries import get_visible_post


async def get_visible_poll(session: AsyncSession, *, id: int, viewer_id: int | None) -> Poll:
    """A poll whose post the viewer may see; raises NotFound."""
    poll = await session.get(Poll, id)
    if poll is None:
        raise NotFound
    await get_visible_post(session, id=poll.post_id, viewer_id=viewer_id)
    return poll


async def find_locked_poll(session: AsyncSession, *, id: int) -> Poll | None:
    """A poll as it is now; it stays so until the transaction ends."""
    query = select(Poll).where(Poll.id == id).with_for_update().execution_options(populate_existing=True)
    poll: Poll | None = await session.scalar(query)
    return poll
