"""What the end of a follow means for lists."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import of_viewer
from app.kit.db import touch
from app.lists.models import ListMember
from app.lists.queries import may_be_on


async def drop_unfollowed(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Take off the follower's lists whom they follow no longer; the graph as it is now decides."""
    for payload in payloads:
        owner_id = payload["follower_id"]
        touch(session, of_viewer(owner_id))
        await session.execute(
            delete(ListMember).where(
                ListMember.account_id == payload["followee_id"], ListMember.owner_id == owner_id, ~may_be_on(owner_id)
            )
        )
