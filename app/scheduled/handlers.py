"""What is published when its time comes."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.clock import now
from app.scheduled import service


async def publish_due(session: AsyncSession, payloads: Sequence[Mapping[str, Any]], *, domain: str) -> None:
    """Publish each payload's scheduled post ("scheduled_id"), if it is still to be and its time has come."""
    for payload in payloads:
        await service.publish_due(session, scheduled_id=payload["scheduled_id"], now=now(), domain=domain)
