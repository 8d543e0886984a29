"""What follows from an account that is locked no longer."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.graph import service
from app.outbox.publish import enqueue

AUTHORIZE_WAITING = "graph.authorize_waiting"
_AT_ONCE = 100


async def authorize_waiting(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Let all who asked follow an account that was unlocked, some at a time."""
    for payload in payloads:
        id = payload["account_id"]
        if await service.authorize_some(session, account_id=id, limit=_AT_ONCE):
            await enqueue(session, AUTHORIZE_WAITING, [(str(id), dict(payload))])
