"""Who is told of introductions, and what ends them. May run twice, late, or out of order: rows decide."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from app.introductions import service
from app.introductions.queries import Told, find_told
from app.introductions.rules import OPEN
from app.kit.clock import now
from app.notifications import service as notifications

KIND = "introduction"

Payloads = Sequence[Mapping[str, Any]]


async def tell(session: AsyncSession, payloads: Payloads) -> None:
    """Tell whom an introduction came to, and who asked of its every step; of one withdrawn nobody any more."""
    for payload in payloads:
        told = await find_told(session, id=payload["introduction_id"], lock=True)
        if told is None:
            continue
        if told.row.state == "withdrawn":
            await _untell(session, told)
            continue
        if told.row.state in OPEN:
            await _tell_who_holds(session, told)
        await _tell_who_asked(session, told)


async def end_blocked(session: AsyncSession, payloads: Payloads) -> None:
    """End what goes between two of whom one blocks the other."""
    for payload in payloads:
        ids = (payload["account_id"], payload["target_id"])
        await service.end_between(session, ids=ids, by=payload["account_id"], now=now())


async def end_suspended(session: AsyncSession, payloads: Payloads) -> None:
    """End what a suspended account asked for, or was to pass on or to answer."""
    for payload in payloads:
        await service.end_between(session, ids=[payload["account_id"]], by=payload["account_id"], now=now())


async def _tell_who_holds(session: AsyncSession, told: Told) -> None:
    row, giver = told.row, told.chain[told.row.place]
    holder, at = told.holder_id, row.created_at
    if row.place:
        at = told.steps[row.place - 1].forwarded_at or at
    if holder is not None:
        await _say(session, told, "requested" if holder != row.to_id else "brought", giver, [holder], at)


async def _tell_who_asked(session: AsyncSession, told: Told) -> None:
    row = told.row
    for step in told.steps:
        if step.forwarded_at:
            await _say(session, told, "passed_on", step.account_id, [row.from_id], step.forwarded_at)
    if row.state == "accepted" and row.ended_at:
        await _say(session, told, "accepted", row.to_id, told.chain[:-1], row.ended_at)
    if row.state == "declined" and row.declined_by and row.ended_at:
        await _say(session, told, "declined", row.declined_by, [row.from_id], row.ended_at)


async def _say(
    session: AsyncSession, told: Told, news: str, from_id: int, recipients: Sequence[int], at: datetime
) -> None:
    about = orjson.dumps({"introduction_id": told.row.id, "news": news}).decode()
    await notifications.tell(
        session,
        kind=KIND,
        from_id=from_id,
        recipients=recipients,
        post=None,
        at=at,
        now=now(),
        people=[told.row.from_id],
        about=dict.fromkeys(recipients, about),
    )


async def _untell(session: AsyncSession, told: Told) -> None:
    chain, place = told.chain, told.row.place
    await notifications.withdraw(session, kind=KIND, from_id=chain[place], account_id=chain[place + 1])
