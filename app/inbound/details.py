"""Read the job that a thin message is about, from the system's own API, and apply it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound import smartrecruiters
from app.inbound.fetching import Fetched, FetchFailed, FetchRefused, fetch
from app.inbound.models import InboundSource, Receipt
from app.inbound.receiving import FETCH, SourceDisabled, conclude, note
from app.inbound.rules import LONGEST_WAIT
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import Fetch, JobRemoval, Push, parse_object
from app.kit.errors import WeizhiError
from app.kit.outward import Outward
from app.kit.site import Site
from app.outbox.publish import enqueue

MOST_BYTES = 2 * 1024 * 1024
# About a day: then it is rejected, and can be replayed.
RETRY_SECONDS = (5, 30, 300, 1800, 7200, 21600, 43200)


async def fetch_job(
    session: AsyncSession, outward: Outward, *, task: Mapping[str, Any], site: Site, now: datetime
) -> None:
    """Fetch what a pending receipt's message is about and apply it; try again later what cannot be fetched now."""
    receipt = await session.get(Receipt, task["receipt_id"])
    source = await session.get(InboundSource, receipt.source_id) if receipt else None
    if receipt is None or source is None or receipt.status != "pending":
        return
    push: Push | None = None
    problem: WeizhiError | None = None
    try:
        push = await _read(outward, source, receipt)
    except WeizhiError as error:
        problem = error
    # The source first, as everybody locks: and only now, so that nobody waits for somebody else's server.
    await session.refresh(source, with_for_update=True)
    await session.refresh(receipt, with_for_update=True)
    if receipt.status != "pending":
        return
    if source.disabled_at is not None or source.deleted_at is not None:
        push, problem = None, SourceDisabled()
    attempt = task["attempt"]
    if isinstance(problem, FetchFailed) and attempt < len(RETRY_SECONDS):
        again = {"receipt_id": receipt.id, "attempt": attempt + 1}
        when = now + timedelta(seconds=max(RETRY_SECONDS[attempt], min(problem.retry_after, LONGEST_WAIT)))
        await enqueue(session, FETCH, [(str(receipt.id), again)], run_at=when)
        return
    if push is None:
        note(receipt, problem, now)
    else:
        problem = await conclude(session, source=source, receipt=receipt, push=push, site=site, now=now)
    source.last_error = problem.text[:500] if problem else None
    await session.flush()


async def _read(outward: Outward, source: InboundSource, receipt: Receipt) -> Push:
    mapping = WordMapping.model_validate(source.mapping)
    asked = smartrecruiters.SmartRecruitersSource().parse(
        receipt.body or b"", envelope=receipt.envelope or {}, mapping=mapping
    )
    if not isinstance(asked, Fetch):
        return asked
    # Not the link that the message names: the key goes to the API that the recruiter named, and nowhere else.
    api = (source.url or smartrecruiters.API).rstrip("/")
    answer = await fetch(
        outward,
        f"{api}/jobs/{quote(asked.external_id, safe='')}",
        headers={"X-SmartToken": source.api_key or "", "Accept": "application/json"},
        most_bytes=MOST_BYTES,
    )
    return _as_push(answer, asked.external_id, mapping)


def _as_push(answer: Fetched, external_id: str, mapping: WordMapping) -> Push:
    if answer.status in (404, 410):
        return JobRemoval(external_id)
    if answer.status != 200:
        raise FetchRefused(f"The source answered {answer.status}")
    return replace(
        smartrecruiters.read({**parse_object(answer.body), "id": external_id}, mapping=mapping), current=True
    )
