"""The end of polls."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.polls import service


async def end_polls(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell that each payload's poll ("poll_id") has ended, if it has."""
    for payload in payloads:
        await service.end(session, poll_id=payload["poll_id"], now=now())
