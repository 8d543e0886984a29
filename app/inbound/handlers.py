"""What background tasks do with what sources sent, and with those that are polled."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound import details, poller, receiving
from app.kit.clock import now
from app.kit.outward import Outward
from app.kit.site import Site


async def replay(session: AsyncSession, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Replay the rejected messages of each payload's period, some at a time."""
    for task in payloads:
        await receiving.replay_some(session, task=task, site=site, now=now())


async def fetch(session: AsyncSession, outward: Outward, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Read the job that each payload's message is about, and apply it."""
    for task in payloads:
        await details.fetch_job(session, outward, task=task, site=site, now=now())


async def poll(session: AsyncSession, outward: Outward, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Poll each payload's source, if its time has come."""
    for task in payloads:
        await poller.poll(session, outward, source_id=task["source_id"], site=site, now=now())
