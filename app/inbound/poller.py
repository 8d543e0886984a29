"""Poll feeds: what is new or changed is applied, what vanished from a complete feed is closed, each poll has a receipt.

docs/decisions/0029.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.applying import apply, keep_valid, require_standing
from app.inbound.events import InboundSourceHeld
from app.inbound.feed import Feed, read_feed
from app.inbound.fetching import FetchFailed
from app.inbound.listing import Listing
from app.inbound.models import InboundSource, KnownJob, Receipt
from app.inbound.polls import poll_at
from app.inbound.receiving import note
from app.inbound.rules import Vanished, judge_vanished, next_poll
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import JobPush, JobRemoval
from app.kit.errors import Unavailable, WeizhiError
from app.kit.outward import Outward
from app.kit.site import Site
from app.outbox.publish import publish

MOST_KNOWN = 10_000
# Changes made in one transaction; a feed with more is polled on at once.
MOST_CHANGES = 200
MOST_CLOSED = 500
_SOON = timedelta(seconds=5)


async def poll(session: AsyncSession, outward: Outward, *, source_id: int, site: Site, now: datetime) -> None:
    """Poll a source whose time has come. One that is not due is waited for, one that is off is let be."""
    source = await session.get(InboundSource, source_id)
    if source is None or not _is_polled(source):
        return
    due = source.next_poll_at
    assert due is not None
    if due > now:
        await poll_at(session, source, due)
        return
    feed: Feed | None = None
    refusal: WeizhiError | None = None
    try:
        feed = await read_feed(
            outward,
            kind=source.kind,
            url=source.url or "",
            mapping=WordMapping.model_validate(source.mapping),
            etag=source.etag,
            last_modified=source.last_modified,
        )
    except WeizhiError as error:
        refusal = error
    # Only now: whoever waits for this row does not wait for somebody else's server.
    await session.refresh(source, with_for_update=True)
    if not _is_polled(source) or source.next_poll_at != due:
        return
    await _conclude(session, source, feed, refusal, site, now)


def _is_polled(source: InboundSource) -> bool:
    return source.disabled_at is None and source.deleted_at is None and source.next_poll_at is not None


async def _conclude(
    session: AsyncSession,
    source: InboundSource,
    feed: Feed | None,
    refusal: WeizhiError | None,
    site: Site,
    now: datetime,
) -> None:
    receipt = Receipt(source_id=source.id, message_id=f"poll:{now.isoformat()}", created_at=now, history=[])
    receipt.summary = {}
    settled = False
    if feed is not None:
        try:
            await require_standing(session, source)
            settled = await _take_in(session, source, feed, receipt, site, now)
        except WeizhiError as error:
            refusal = error
    note(receipt, refusal, now)
    session.add(receipt)
    source.last_received_at = now
    source.failures = source.failures + 1 if refusal else 0
    source.last_error = (refusal.text if refusal else source.held["reason"] if source.held else "")[:500] or None
    # A feed of which something is still to be done must not answer "not modified".
    source.etag, source.last_modified = (feed.etag, feed.last_modified) if feed and settled else (None, None)
    if feed and feed.listing and receipt.summary.get("postponed"):
        await poll_at(session, source, now + _SOON)
        return
    minutes = source.interval_minutes or 60
    asked = refusal.retry_after if isinstance(refusal, FetchFailed) else 0
    when = next_poll(now=now, minutes=minutes, failures=source.failures, jitter=random.random(), asked=asked)
    await poll_at(session, source, when)


async def _take_in(
    session: AsyncSession, source: InboundSource, feed: Feed, receipt: Receipt, site: Site, now: datetime
) -> bool:
    """Apply what a feed lists; whether nothing of it is left to be done."""
    if feed.listing is None:
        receipt.status = "unchanged"
        receipt.summary = {
            "not_modified": True,
            "renewed": await keep_valid(session, source=source, site=site, now=now),
        }
        return True
    listing = feed.listing
    known = {one.external_id: one for one in await session.scalars(_known(source.id))}
    counts = await _apply_changes(session, source, listing, known, site, now)
    gone = judge_vanished(
        known=known.keys(),
        listed=listing.listed,
        complete=listing.complete and len(known) < MOST_KNOWN,
        accepted=bool(source.held and source.held.get("accepted")),
    )
    counts["closed"] += await _close(session, source, gone, site, now)
    counts["postponed"] += max(0, len(gone.gone) - MOST_CLOSED)
    await _hold(session, source, gone, known=len(known), listed=len(listing.listed), now=now)
    counts["renewed"] += await keep_valid(session, source=source, site=site, now=now)
    receipt.status = "held" if gone.held else "polled" if counts.total() > counts["unchanged"] else "unchanged"
    receipt.summary = {
        "bytes": feed.bytes,
        "digest": _digest(listing),
        "listed": len(listing.listed),
        "complete": listing.complete,
        **{name: count for name, count in counts.items() if count},
        "problems": listing.problems,
        **({"held": gone.held} if gone.held else {}),
    }
    return not (listing.problems or counts["postponed"] or counts["stale"] or gone.held or not listing.complete)


async def _apply_changes(
    session: AsyncSession,
    source: InboundSource,
    listing: Listing,
    known: Mapping[str, KnownJob],
    site: Site,
    now: datetime,
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for external_id, push in listing.jobs.items():
        fingerprint = _fingerprint(push, source)
        before = known.get(external_id)
        if before is None and not push.live:
            listing.listed.discard(external_id)
            continue
        if before is not None and before.fingerprint == fingerprint:
            counts["unchanged"] += 1
            continue
        if sum(counts[name] for name in ("created", "updated", "closed", "rejected")) >= MOST_CHANGES:
            counts["postponed"] += 1
            continue
        try:
            async with session.begin_nested():
                read = replace(push, current=True)
                status, _ = await apply(session, source=source, push=read, received_at=now, site=site, now=now)
        except Unavailable:
            raise
        except WeizhiError as error:
            listing.trouble(external_id, error)
            counts["rejected"] += 1
            continue
        counts[status] += 1
        if status != "stale":
            (await session.get_one(KnownJob, (source.id, external_id))).fingerprint = fingerprint
    await session.flush()
    return counts


async def _close(session: AsyncSession, source: InboundSource, vanished: Vanished, site: Site, now: datetime) -> int:
    closed = 0
    for external_id in sorted(vanished.gone)[:MOST_CLOSED]:
        removal = JobRemoval(external_id)
        status, _ = await apply(session, source=source, push=removal, received_at=now, site=site, now=now)
        closed += status == "closed"
    return closed


async def _hold(
    session: AsyncSession, source: InboundSource, vanished: Vanished, *, known: int, listed: int, now: datetime
) -> None:
    if len(vanished.gone) > MOST_CLOSED:
        # The rest follows at once; what is left must not look like a feed that lost most of its jobs.
        source.held = {"reason": "Many jobs are being closed", "since": now.isoformat(), "accepted": True}
        return
    if vanished.held is None:
        source.held = None
        return
    if source.held is None:
        await publish(session, InboundSourceHeld(source.id), actor_id=None)
    since = source.held["since"] if source.held else now.isoformat()
    source.held = {"reason": vanished.held, "known": known, "listed": listed, "since": since}


def _known(source_id: int) -> Any:
    query = select(KnownJob).where(KnownJob.source_id == source_id, KnownJob.gone_at.is_(None))
    return query.order_by(KnownJob.external_id).limit(MOST_KNOWN)


def _fingerprint(push: JobPush, source: InboundSource) -> str:
    """Tells a job from another state of it, as the source's defaults make it."""
    said = [push.job.model_dump(mode="json", exclude_unset=True), push.live, source.defaults]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _digest(listing: Listing) -> str:
    ids: Collection[str] = sorted(listing.listed)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()
