"""Take what recruiters' systems send: verify, keep, apply once; apply anew what could not be applied."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.applying import SourceNotAuthorized, apply, require_standing
from app.inbound.kinds import SOURCES
from app.inbound.models import InboundSource, Receipt
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.service import secrets_of
from app.inbound.source import BadSignature, Fetch, Push, TimestampOutOfRange, trimmed
from app.jobs.room import OrganizationUnverified
from app.jobs.service import InvalidTransition
from app.kit.errors import Conflict, Detail, Forbidden, Gone, Invalid, Unavailable, UnsupportedPayload, WeizhiError
from app.kit.refusals import refuses
from app.kit.site import Site
from app.outbox.publish import enqueue

REPLAY = "inbound.replay"
FETCH = "inbound.fetch"
REPLAYED_AT_ONCE = 50
MOST_HISTORY = 50
_HANDSHAKE = re.compile(r"[\x21-\x7e]{1,200}")


class SourceDisabled(Forbidden):
    code = "source_disabled"
    message = "This source is turned off"


class NotReplayable(Conflict):
    code = "not_replayable"
    message = "Only a message that was rejected can be replayed"


class BodyGone(Gone):
    code = "body_gone"
    message = "The message is not kept any more"


# A receipt tells with what a message was refused; its status is that refusal's.
@refuses(
    *(BadSignature, TimestampOutOfRange, Invalid, UnsupportedPayload),
    *(OrganizationUnverified, SourceNotAuthorized, InvalidTransition),
)
async def receive(
    session: AsyncSession,
    *,
    source: InboundSource,
    headers: Mapping[str, str],
    body: bytes,
    site: Site,
    now: datetime,
) -> tuple[Receipt, WeizhiError | None, bool]:
    """Verify a message, keep it, and apply it: (its receipt, why it was refused, whether it came before).

    A message that is not properly signed raises BadSignature or TimestampOutOfRange, one for a source that is off
    SourceDisabled; they leave no trace. Any other is always kept, but for what is none of our business (`trim`); what
    it asks is done wholly or not at all.
    """
    kind = SOURCES[source.kind]
    verified = kind.verify(secrets=secrets_of(source, now=now), headers=headers, body=body, now=now)
    # One message of a source at a time: its jobs change in one order, and a repeat waits for the first.
    await session.refresh(source, with_for_update=True)
    if source.disabled_at is not None or source.deleted_at is not None:
        raise SourceDisabled
    receipt_id = await session.scalar(
        insert(Receipt)
        .values(
            source_id=source.id,
            message_id=verified.message_id,
            body=trimmed(kind, body),
            envelope=dict(verified.envelope) or None,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Receipt.id)
    )
    if receipt_id is None:
        query = select(Receipt).where(Receipt.source_id == source.id, Receipt.message_id == verified.message_id)
        return (await session.scalars(query)).one(), None, True
    receipt = await session.get_one(Receipt, receipt_id)
    refusal = await _try(session, source, receipt, headers.get("content-type"), site, now)
    source.last_received_at = now
    source.last_error = refusal.text[:500] if refusal else None
    await session.flush()
    return receipt, refusal, False


def handshake(headers: Mapping[str, str]) -> str | None:
    """What SmartRecruiters wants to hear back before it sends anything; None for a message that is signed."""
    value = headers.get("x-hook-secret", "")
    return value if _HANDSHAKE.fullmatch(value) and "smartrecruiters-signature" not in headers else None


async def replay(
    session: AsyncSession, *, source: InboundSource, receipt: Receipt, site: Site, now: datetime
) -> WeizhiError | None:
    """Apply a rejected message anew, as the source's mapping and defaults are now; why it was refused again, if it was.

    Source and receipt are locked by the caller, so that it is applied once. It counts as received when it was: what is
    older than what came since changes nothing. Raises NotReplayable, BodyGone.
    """
    if receipt.status != "rejected" or receipt.summary is not None:
        raise NotReplayable
    if receipt.body is None:
        raise BodyGone
    refusal = await _try(session, source, receipt, None, site, now)
    await session.flush()
    return refusal


async def replay_period(session: AsyncSession, *, source: InboundSource, since: datetime, until: datetime) -> int:
    """Have every rejected message received from `since` on and before `until` replayed, oldest first; how many."""
    query = select(func.count()).where(*_rejected(source.id, since, until))
    found = await session.scalar(query) or 0
    if found:
        payload = {"source_id": source.id, "since": since.isoformat(), "until": until.isoformat(), "after_id": 0}
        await enqueue(session, REPLAY, [(f"{source.id}:{since.isoformat()}:{until.isoformat()}", payload)])
    return found


async def replay_some(session: AsyncSession, *, task: Mapping[str, Any], site: Site, now: datetime) -> None:
    """Replay the next rejected messages of a period, and enqueue the rest."""
    since, until = (datetime.fromisoformat(task[name]) for name in ("since", "until"))
    source = await session.get(InboundSource, task["source_id"], with_for_update=True)
    if source is None or source.deleted_at is not None:
        return
    query = (
        select(Receipt)
        .where(*_rejected(source.id, since, until), Receipt.id > task["after_id"])
        .order_by(Receipt.id)
        .limit(REPLAYED_AT_ONCE)
        .with_for_update()
    )
    receipts = (await session.scalars(query)).all()
    for receipt in receipts:
        await _try(session, source, receipt, None, site, now)
    await session.flush()
    if len(receipts) == REPLAYED_AT_ONCE:
        rest = {**task, "after_id": receipts[-1].id}
        await enqueue(session, REPLAY, [(f"{source.id}:{rest['after_id']}", rest)])


async def conclude(
    session: AsyncSession, *, source: InboundSource, receipt: Receipt, push: Push, site: Site, now: datetime
) -> WeizhiError | None:
    """Do what a kept message asks, wholly or not at all, and note it on its receipt; why it was refused, if it was."""
    refusal: WeizhiError | None = None
    try:
        async with session.begin_nested():
            await require_standing(session, source)
            if isinstance(push, Fetch):
                # The message is acknowledged as it is; reading the job may take as long as their API wants.
                await enqueue(session, FETCH, [(str(receipt.id), {"receipt_id": receipt.id, "attempt": 0})])
                receipt.status = "pending"
            else:
                receipt.status, receipt.job_id = await apply(
                    session, source=source, push=push, received_at=receipt.created_at, site=site, now=now
                )
    except Unavailable:
        # Nothing is wrong with the message: whoever sent it is told to send it again.
        raise
    except WeizhiError as error:
        refusal = error
    note(receipt, refusal, now)
    return refusal


def note(receipt: Receipt, refusal: WeizhiError | None, now: datetime) -> None:
    """Write a receipt's status, or why it was refused, and add it to its history."""
    receipt.error = None
    if refusal:
        receipt.status, receipt.job_id = "rejected", None
        receipt.error = {"error": refusal.text, "code": refusal.code, "details": _plain(refusal)}
    step: dict[str, Any] = {"status": receipt.status, "at": now.isoformat()}
    if refusal:
        step |= {"code": refusal.code, "error": refusal.text[:500]}
    receipt.history = [*receipt.history, step][-MOST_HISTORY:]


async def _try(
    session: AsyncSession,
    source: InboundSource,
    receipt: Receipt,
    content_type: str | None,
    site: Site,
    now: datetime,
) -> WeizhiError | None:
    try:
        _require_json(content_type)
        push = SOURCES[source.kind].parse(
            receipt.body or b"",
            envelope=receipt.envelope or {},
            mapping=WordMapping.model_validate(source.mapping),
        )
    except WeizhiError as error:
        note(receipt, error, now)
        return error
    return await conclude(session, source=source, receipt=receipt, push=push, site=site, now=now)


def _require_json(content_type: str | None) -> None:
    kind = (content_type or "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedPayload("Send application/json")


def _rejected(source_id: int, since: datetime, until: datetime) -> tuple[Any, ...]:
    return (
        Receipt.source_id == source_id,
        Receipt.status == "rejected",
        Receipt.body.is_not(None),
        Receipt.summary.is_(None),
        Receipt.created_at >= since,
        Receipt.created_at < until,
    )


def _plain(error: WeizhiError) -> dict[str, list[Detail]] | None:
    return {field: list(reasons) for field, reasons in error.details.items()} if error.details else None
