"""Who of an organisation saw an application: noted before it is shown, and told to the applicant."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import ApplicationAccess
from app.kit.pagination import Page, bounded, newest_first

# So long a second look is the same look.
SAME_LOOK = timedelta(minutes=15)
Kind = Literal["viewed", "resume"]

_NOTE = text(
    """
    INSERT INTO application_accesses (application_id, account_id, kind, quarter, created_at)
    SELECT id, :account_id, CAST(:kind AS text), CAST(:quarter AS bigint), :now
    FROM unnest(CAST(:ids AS bigint[])) AS id
    WHERE NOT EXISTS (
        SELECT FROM application_accesses AS earlier
        WHERE earlier.application_id = id AND earlier.account_id = :account_id AND earlier.kind = CAST(:kind AS text)
            AND earlier.quarter >= CAST(:quarter AS bigint) - 1 AND earlier.created_at > :since
    )
    ON CONFLICT ON CONSTRAINT uq_application_accesses_quarter DO NOTHING
    """
)


async def note(
    session: AsyncSession, *, application_ids: Collection[int], account_id: int, kind: Kind, now: datetime
) -> None:
    """Keep that a seat sees applications, in the transaction whose answer shows them. One statement."""
    if application_ids:
        await session.execute(
            _NOTE,
            {
                "ids": sorted(application_ids),
                "account_id": account_id,
                "kind": kind,
                "quarter": int(now.timestamp() // SAME_LOOK.total_seconds()),
                "now": now,
                "since": now - SAME_LOOK,
            },
        )


async def page_accesses(session: AsyncSession, *, application_id: int, page: Page) -> Sequence[ApplicationAccess]:
    """Who saw an application, newest first."""
    query = select(ApplicationAccess).where(ApplicationAccess.application_id == application_id)
    return newest_first((await session.scalars(bounded(query, ApplicationAccess.id, page))).all(), page)
