"""What background tasks do with what sources sent, and with those that are polled."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound import details, poller, polls, receiving
from app.kit.clock import now
from app.kit.outward import Outward
from app.kit.site import Site
from app.outbox.publish import enqueue

# A worker waits for so many strangers' servers at once: slow ones must not take every place that there is.
_FETCHING = asyncio.Semaphore(2)
_POLLING = asyncio.Semaphore(2)
_FULL = timedelta(seconds=5)


async def replay(session: AsyncSession, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Replay the rejected messages of each payload's period, some at a time."""
    for task in payloads:
        await receiving.replay_some(session, task=task, site=site, now=now())


async def fetch(session: AsyncSession, outward: Outward, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Read the job that each payload's message is about, and apply it."""
    for task in payloads:
        if _FETCHING.locked():
            await enqueue(session, receiving.FETCH, [(str(task["receipt_id"]), task)], run_at=now() + _FULL)
            continue
        async with _FETCHING:
            await details.fetch_job(session, outward, task=task, site=site, now=now())


async def poll(session: AsyncSession, outward: Outward, site: Site, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Poll each payload's source, if its time has come."""
    for task in payloads:
        if _POLLING.locked():
            await enqueue(session, polls.POLL, [(str(task["source_id"]), task)], run_at=now() + _FULL)
            continue
        async with _POLLING:
            await poller.poll(session, outward, source_id=task["source_id"], site=site, now=now())
