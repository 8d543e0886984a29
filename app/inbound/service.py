"""Receive what recruiters' systems send: verify, keep, apply once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.inbound.events import InboundSourceCreated
from app.inbound.greenhouse import GreenhouseSource
from app.inbound.models import InboundSource, Receipt
from app.inbound.schemas import Defaults, InboundSourceCreate
from app.inbound.source import JobPush, JobRemoval, Push, Source
from app.inbound.standard import StandardSource
from app.jobs import service as jobs
from app.jobs.models import Job
from app.jobs.queries import find_external_job
from app.jobs.rules import today
from app.jobs.schemas import JobUpdate
from app.kit.errors import Detail, Forbidden, Invalid, WeizhiError
from app.kit.site import Site
from app.organizations.models import Organization, Seat
from app.organizations.queries import EDITORS, require_seat
from app.outbox.publish import publish

SOURCES: Mapping[str, Source] = {"standard": StandardSource(), "greenhouse": GreenhouseSource()}
MOST_SOURCES = 20


class TooManySources(Invalid):
    code = "too_many_sources"
    message = f"An organization can have {MOST_SOURCES} inbound sources at most"


class SourceNotAuthorized(Forbidden):
    code = "source_not_authorized"
    message = "The account that made this source may no longer post jobs for the organization"


async def create_source(session: AsyncSession, *, actor_id: int, request: InboundSourceCreate) -> InboundSource:
    """Create a source with a fresh secret. Raises NotFound, NotSeatMember, TooManySources."""
    await require_seat(session, organization_id=request.organization_id, account_id=actor_id)
    # Two requests at once must not both find room.
    await session.execute(select(Organization.id).where(Organization.id == request.organization_id).with_for_update())
    of_organization = select(InboundSource.id).where(InboundSource.organization_id == request.organization_id)
    if len((await session.scalars(of_organization.limit(MOST_SOURCES))).all()) >= MOST_SOURCES:
        raise TooManySources
    source = InboundSource(
        kind=request.kind,
        organization_id=request.organization_id,
        account_id=actor_id,
        secret=SOURCES[request.kind].new_secret(),
        defaults=request.defaults.model_dump(mode="json"),
    )
    session.add(source)
    await session.flush()
    await session.refresh(source)
    await publish(session, InboundSourceCreated(source.id), actor_id=actor_id)
    return source


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

    A message that is not properly signed raises BadSignature or TimestampOutOfRange and leaves no trace.
    One that is signed is always kept; what it asks is done wholly or not at all.
    """
    kind = SOURCES[source.kind]
    message_id = kind.verify(secret=source.secret, headers=headers, body=body, now=now)
    # One message of a source at a time: its jobs change in one order, and a repeat waits for the first.
    await session.refresh(source, with_for_update=True)
    receipt_id = await session.scalar(
        insert(Receipt)
        .values(source_id=source.id, message_id=message_id, body=body)
        .on_conflict_do_nothing()
        .returning(Receipt.id)
    )
    if receipt_id is None:
        query = select(Receipt).where(Receipt.source_id == source.id, Receipt.message_id == message_id)
        return (await session.scalars(query)).one(), None, True
    receipt = await session.get_one(Receipt, receipt_id)
    refusal: WeizhiError | None = None
    try:
        async with session.begin_nested():
            await _require_standing(session, source)
            push = kind.parse(body)
            receipt.status, receipt.job_id = await _apply(session, source, push, site, now)
    except WeizhiError as error:
        refusal = error
        receipt.status, receipt.job_id = "rejected", None
        receipt.error = {"error": error.text, "code": error.code, "details": _plain(error)}
    source.last_received_at = now
    source.last_error = refusal.text[:500] if refusal else None
    await session.flush()
    await session.refresh(receipt)
    return receipt, refusal, False


async def _require_standing(session: AsyncSession, source: InboundSource) -> None:
    """The source posts in its maker's name: only as long as that account might do so itself."""
    maker = await load_profiles(session, ids=[source.account_id])
    seat = await session.get(Seat, (source.organization_id, source.account_id))
    if not maker or seat is None or seat.role not in EDITORS:
        raise SourceNotAuthorized


async def _apply(
    session: AsyncSession, source: InboundSource, push: Push, site: Site, now: datetime
) -> tuple[str, int | None]:
    if isinstance(push, JobRemoval):
        job = await find_external_job(session, source_id=source.id, external_id=push.external_id)
        return await _take_down(session, job, site, now)
    if isinstance(push, JobPush):
        job = await find_external_job(session, source_id=source.id, external_id=push.external_id)
        if job is None:
            return await _create(session, source, push, site, now)
        return await _update(session, source, job, push, site, now)
    return "ignored", None


async def _create(
    session: AsyncSession, source: InboundSource, push: JobPush, site: Site, now: datetime
) -> tuple[str, int]:
    job = Job(
        organization_id=source.organization_id,
        author_id=source.account_id,
        source_id=source.id,
        external_id=push.external_id,
        state="draft",
        description_html="",
        workplace_type="on_site",
        employment_type="FULL_TIME",
        locations=[],
        skills=[],
        requirements=[],
        salary_negotiable=False,
    )
    filled, assumed = _with_defaults(push.job, Defaults.model_validate(source.defaults), now)
    jobs.apply_fields(job, filled, title=filled.title)
    job.assumed = assumed
    session.add(job)
    await session.flush()
    await session.refresh(job)
    if push.live:
        await jobs.transition(session, job=job, verb="publish", actor_id=source.account_id, site=site, now=now)
    return "created", job.id


async def _update(
    session: AsyncSession, source: InboundSource, job: Job, push: JobPush, site: Site, now: datetime
) -> tuple[str, int]:
    before = _facts(job)
    if "valid_through" in job.assumed and job.valid_through and job.valid_through < today(now):
        # The source still sends it, so what we assumed of its end was wrong.
        job.valid_through = today(now + timedelta(days=Defaults.model_validate(source.defaults).valid_days))
    jobs.apply_fields(job, push.job, title=push.job.title)
    job.assumed = [name for name in job.assumed if getattr(push.job, name, None) is None]
    changed = _facts(job) != before
    if changed:
        await jobs.after_change(session, job=job, site=site, now=now)
    if push.live and job.state in ("draft", "paused"):
        await jobs.transition(session, job=job, verb="publish", actor_id=None, site=site, now=now)
        return "updated", job.id
    if not push.live and job.state == "open":
        await jobs.transition(session, job=job, verb="pause", actor_id=None, site=site, now=now)
        return "closed", job.id
    return ("updated" if changed else "unchanged"), job.id


async def _take_down(session: AsyncSession, job: Job | None, site: Site, now: datetime) -> tuple[str, int | None]:
    if job is None:
        return "unchanged", None
    if job.state not in ("open", "paused"):
        return "unchanged", job.id
    await jobs.transition(session, job=job, verb="close", actor_id=None, site=site, now=now)
    return "closed", job.id


def _with_defaults(job: JobUpdate, defaults: Defaults, now: datetime) -> tuple[JobUpdate, list[str]]:
    """The job with the source's defaults where it says nothing, and the names of the facts so assumed."""
    facts: dict[str, Any] = {}
    if job.headcount is None:
        facts["headcount"] = defaults.headcount
    if job.salary is None and not job.salary_negotiable:
        facts["salary" if defaults.salary else "salary_negotiable"] = defaults.salary or True
    if job.valid_through is None:
        facts["valid_through"] = today(now + timedelta(days=defaults.valid_days))
    if job.workplace_type is None:
        facts["workplace_type"] = defaults.workplace_type
    if job.employment_type is None:
        facts["employment_type"] = defaults.employment_type
    if job.language is None:
        facts["language"] = _language(f"{job.title} {job.description_html}")
    assumed = ["salary" if name == "salary_negotiable" else name for name in facts if name != "language"]
    return job.model_copy(update=facts), assumed


def _language(text: str) -> str:
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def _facts(job: Job) -> dict[str, Any]:
    kept = ("id", "post_id", "state", "created_at", "updated_at", "published_at", "closed_at", "assumed")
    return {column.key: getattr(job, column.key) for column in Job.__mapper__.columns if column.key not in kept}


def _plain(error: WeizhiError) -> dict[str, list[Detail]] | None:
    return {field: list(reasons) for field, reasons in error.details.items()} if error.details else None
