"""What follows from a suspension and its end. Safe to run twice: the suspension's row says what is done."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import ALL
from app.kit.db import touch
from app.moderation.counting import go_on
from app.moderation.models import Suspension
from app.moderation.service import restore
from app.outbox.publish import enqueue

COUNT = "moderation.count"


async def count(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Take what a suspended account did out of others' counters, or put it back, a page at a time."""
    for payload in payloads:
        account_id = payload["account_id"]
        suspension = await session.get(Suspension, account_id, with_for_update=True)
        if suspension is None:
            continue
        # Counters of whoever had to do with it.
        touch(session, ALL)
        if not await go_on(session, suspension):
            key = f"{account_id}:{suspension.ending}:{suspension.step}:{suspension.cursor}"
            await session.flush()
            await enqueue(session, COUNT, [(key, dict(payload))])
        elif suspension.ending:
            await restore(session, account_id=account_id)
