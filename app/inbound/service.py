"""Writes of inbound sources: create, change, rotate their secret, delete."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.events import InboundSourceCreated
from app.inbound.kinds import SOURCES
from app.inbound.models import InboundSource
from app.inbound.schemas import InboundSourceCreate, InboundSourceUpdate, SecretRotate
from app.kit.errors import Invalid, field_error
from app.organizations.models import Organization
from app.organizations.queries import require_seat
from app.outbox.publish import publish

MOST_SOURCES = 20


class TooManySources(Invalid):
    code = "too_many_sources"
    message = f"An organization can have {MOST_SOURCES} inbound sources at most"


async def create_source(session: AsyncSession, *, actor_id: int, request: InboundSourceCreate) -> InboundSource:
    """Create a source, with a fresh secret unless it has one. Raises NotFound, NotSeatMember, TooManySources."""
    await require_seat(session, organization_id=request.organization_id, account_id=actor_id)
    # Two requests at once must not both find room.
    await session.execute(select(Organization.id).where(Organization.id == request.organization_id).with_for_update())
    of_organization = select(InboundSource.id).where(
        InboundSource.organization_id == request.organization_id, InboundSource.deleted_at.is_(None)
    )
    if len((await session.scalars(of_organization.limit(MOST_SOURCES))).all()) >= MOST_SOURCES:
        raise TooManySources
    _refuse_foreign_secret(request.kind, request.secret)
    source = InboundSource(
        kind=request.kind,
        organization_id=request.organization_id,
        account_id=actor_id,
        secret=request.secret or SOURCES[request.kind].new_secret(),
        defaults=request.defaults.model_dump(mode="json"),
        mapping=request.mapping.model_dump(mode="json"),
        url=str(request.url) if request.url else None,
        api_key=request.api_key,
    )
    session.add(source)
    await session.flush()
    await session.refresh(source)
    await publish(session, InboundSourceCreated(source.id), actor_id=actor_id)
    return source


async def update_source(
    session: AsyncSession, *, source: InboundSource, request: InboundSourceUpdate, now: datetime
) -> None:
    """Change a source (locked by the caller)."""
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
    await session.flush()


async def rotate_secret(session: AsyncSession, *, source: InboundSource, request: SecretRotate, now: datetime) -> None:
    """Give a source (locked by the caller) a new secret; the one before verifies for `overlap_hours` more."""
    _refuse_foreign_secret(source.kind, request.secret)
    source.previous_secret = source.secret if request.overlap_hours else None
    source.previous_secret_until = now + timedelta(hours=request.overlap_hours) if request.overlap_hours else None
    source.secret = request.secret or SOURCES[source.kind].new_secret()
    await session.flush()


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


def _refuse_foreign_secret(kind: str, secret: str | None) -> None:
    if secret is not None and kind == "standard":
        raise field_error("secret", "ERR_INVALID", "is made by us for this kind")
