"""What follows from applications. Handlers may run twice, late, or out of order: rows as they are now decide."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.credits import service
from app.credits.schemas import Policy
from app.kit.clock import now


async def note_introducers(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Keep who passed the job on to each new application's applicant."""
    for payload in payloads:
        await service.note_introducers(session, application_id=payload["application_id"])


async def settle(session: AsyncSession, payloads: Sequence[Mapping[str, Any]], *, default: Policy) -> None:
    """Share out a hire, or take that back where it is none any more."""
    for payload in payloads:
        await service.settle(session, application_id=payload["application_id"], default=default, now=now())
