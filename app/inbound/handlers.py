"""What background tasks do with what sources sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound import receiving
from app.kit.clock import now
from app.kit.site import Site


async def replay(session: AsyncSession, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Replay the rejected messages of each payload's period, some at a time."""
    for task in payloads:
        await receiving.replay_some(session, task=task, site=site, now=now())
