"""Writes of inbound sources: create, change, rotate their secret, delete."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.events import InboundSourceCreated
from app.inbound.kinds import new_secret
from app.inbound.models import POLLED, InboundSource
from app.inbound.polls import poll_at, poll_soon
from app.inbound.schemas import InboundSourceCreate, InboundSourceUpdate, SecretRotate
from app.kit.errors import Conflict, Invalid, field_error
from app.kit.outward import Outward
from app.organizations.models import Organization
from app.organizations.queries import require_seat
from app.outbox.publish import publish

MOST_SOURCES = 20
POLLED_EVERY_MINUTES = 60


class TooManySources(Invalid):
    code = "too_many_sources"
    message = f"An organization can have {MOST_SOURCES} inbound sources at most"


class NotPushed(Conflict):
    code = "not_pushed"
    message = "This source is polled: it has no signing secret"


class NotPolled(Conflict):
    code = "not_polled"
    message = "This source pushes: it is not polled"


async def create_source(
    session: AsyncSession, *, actor_id: int, request: InboundSourceCreate, outward: Outward, now: datetime
) -> InboundSource:
    """Create a source: one that pushes with a fresh secret unless it has one, one that is polled with its first poll.

    Raises NotFound, NotSeatMember, TooManySources, Invalid.
    """
    await require_seat(session, organization_id=request.organization_id, account_id=actor_id)
    # Two requests at once must not both find room.
    await session.execute(select(Organization.id).where(Organization.id == request.organization_id).with_for_update())
    of_organization = select(InboundSource.id).where(
        InboundSource.organization_id == request.organization_id, InboundSource.deleted_at.is_(None)
    )
    if len((await session.scalars(of_organization.limit(MOST_SOURCES))).all()) >= MOST_SOURCES:
        raise TooManySources
    polled = request.kind in POLLED
    _require_what_fits(request, polled)
    url = str(request.url) if request.url else None
    _require_reachable(outward, url)
    source = InboundSource(
        kind=request.kind,
        organization_id=request.organization_id,
        account_id=actor_id,
        secret="" if polled else request.secret or new_secret(request.kind),
        defaults=request.defaults.model_dump(mode="json"),
        mapping=request.mapping.model_dump(mode="json"),
        url=url,
        interval_minutes=(request.interval_minutes or POLLED_EVERY_MINUTES) if polled else None,
        api_key=request.api_key,
    )
    session.add(source)
    await session.flush()
    await session.refresh(source)
    if polled:
        await poll_at(session, source, now)
    await publish(session, InboundSourceCreated(source.id), actor_id=actor_id)
    return source


async def update_source(
    session: AsyncSession, *, source: InboundSource, request: InboundSourceUpdate, outward: Outward, now: datetime
) -> None:
    """Change a source (locked by the caller). One that is polled is polled anew, as it is now. Raises Invalid."""
    polled = source.kind in POLLED
    if request.url is not None and source.kind not in (*POLLED, "smartrecruiters"):
        raise field_error("url", "ERR_INVALID", "is ours for this kind")
    if request.api_key is not None and source.kind != "smartrecruiters":
        raise field_error("api_key", "ERR_INVALID", "is not needed for this kind")
    if request.interval_minutes is not None and not polled:
        raise field_error("interval_minutes", "ERR_INVALID", "is for what is polled")
    _require_reachable(outward, str(request.url) if request.url else None)
    if request.defaults is not None:
        source.defaults = request.defaults.model_dump(mode="json")
    if request.mapping is not None:
        source.mapping = request.mapping.model_dump(mode="json")
    if request.url is not None:
        source.url = str(request.url)
    if request.api_key is not None:
        source.api_key = request.api_key
    if request.enabled is not None:
        source.disabled_at = None if request.enabled else (source.disabled_at or now)
    if request.interval_minutes is not None:
        source.interval_minutes = request.interval_minutes
    await session.flush()
    if polled and source.disabled_at is None:
        await poll_soon(session, source, accept_vanished=False, now=now)


async def rotate_secret(session: AsyncSession, *, source: InboundSource, request: SecretRotate, now: datetime) -> None:
    """Give a source (locked by the caller) a new secret; the one before verifies for `overlap_hours` more.

    Raises NotPushed, Invalid.
    """
    if source.kind in POLLED:
        raise NotPushed
    if request.secret is not None and source.kind == "standard":
        raise field_error("secret", "ERR_INVALID", "is made by us for this kind")
    source.previous_secret = source.secret if request.overlap_hours else None
    source.previous_secret_until = now + timedelta(hours=request.overlap_hours) if request.overlap_hours else None
    source.secret = request.secret or new_secret(source.kind)
    await session.flush()


async def poll_now(session: AsyncSession, *, source: InboundSource, accept_vanished: bool, now: datetime) -> None:
    """Have a source (locked by the caller) polled as soon as may be. Raises NotPolled."""
    if source.kind not in POLLED:
        raise NotPolled
    await poll_soon(session, source, accept_vanished=accept_vanished, now=now)


async def delete_source(session: AsyncSession, *, source: InboundSource, now: datetime) -> None:
    """Delete a source (locked by the caller): nothing comes from it any more. Its jobs stay, the organisation's own."""
    source.deleted_at, source.next_poll_at = now, None
    source.secret, source.previous_secret, source.api_key = "", None, None
    await session.flush()


def secrets_of(source: InboundSource, *, now: datetime) -> list[str]:
    """The secrets by which a source may sign now."""
    secrets = [source.secret]
    if source.previous_secret and source.previous_secret_until and source.previous_secret_until > now:
        secrets.append(source.previous_secret)
    return secrets


def _require_what_fits(request: InboundSourceCreate, polled: bool) -> None:
    """Refuse what this kind does not take, and what it lacks."""
    thin = request.kind == "smartrecruiters"
    taken = {
        "secret": not polled and request.kind != "standard",
        "url": polled or thin,
        "interval_minutes": polled,
        "api_key": thin,
    }
    for name, may in taken.items():
        if getattr(request, name) is not None and not may:
            raise field_error(name, "ERR_INVALID", "is not for sources of this kind")
    if polled and request.url is None:
        raise field_error("url", "ERR_BLANK", "must say where the jobs are")
    if thin and request.api_key is None:
        raise field_error("api_key", "ERR_BLANK", "must be given: their messages only say where the job is")


def _require_reachable(outward: Outward, url: str | None) -> None:
    if url is None:
        return
    try:
        outward.parse(url)
    except ValueError as error:
        raise field_error("url", "ERR_INVALID", str(error)) from None
