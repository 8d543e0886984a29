"""Writes of organisations."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.errors import Invalid, field_error, fields_error
from app.organizations import review
from app.organizations.events import OrganizationCreated
from app.organizations.fairness import problems_in
from app.organizations.models import Organization, Seat
from app.organizations.schemas import OrganizationCreate, OrganizationUpdate
from app.organizations.telling import tell
from app.outbox.publish import publish

MOST_OWNED = 20


class TooManyOrganizations(Invalid):
    code = "too_many_organizations"
    message = f"An account can create {MOST_OWNED} organizations at most"


async def create(session: AsyncSession, *, actor_id: int, request: OrganizationCreate) -> Organization:
    """Create an unverified organisation owned by the actor. Raises Invalid or TooManyOrganizations."""
    name = _name(request.name)
    _require_fair(request)
    # Two requests at once must not both find room.
    await session.execute(select(Account.id).where(Account.id == actor_id).with_for_update())
    owned = await session.scalar(
        select(func.count()).select_from(Organization).where(Organization.created_by == actor_id)
    )
    if (owned or 0) >= MOST_OWNED:
        raise TooManyOrganizations
    organization = Organization(
        name=name,
        url=str(request.url) if request.url else None,
        profile=request.profile.strip(),
        created_by=actor_id,
    )
    session.add(organization)
    await session.flush()
    session.add(Seat(organization_id=organization.id, account_id=actor_id, role="owner"))
    await session.flush()
    await publish(session, OrganizationCreated(organization.id), actor_id=actor_id)
    return organization


async def update(
    session: AsyncSession, *, organization: Organization, actor_id: int, request: OrganizationUpdate, now: datetime
) -> None:
    """Change an organisation, whose lock the caller holds; its jobs' posts follow. Raises Invalid.

    What was verified is a name: under another one the organisation is not verified any more.
    """
    _require_fair(request)
    before = (organization.name, organization.url, organization.profile)
    if request.name is not None:
        organization.name = _name(request.name)
    if "url" in request.model_fields_set:
        organization.url = str(request.url) if request.url else None
    if request.profile is not None:
        organization.profile = request.profile.strip()
    if before == (organization.name, organization.url, organization.profile):
        return
    if organization.name != before[0] and organization.verified_at is not None:
        await review.lapse(session, organization=organization, now=now, actor_id=actor_id)
        return
    await tell(session, organization, actor_id=actor_id)


def _require_fair(request: OrganizationCreate | OrganizationUpdate) -> None:
    """Refuse conditions in what stands beside every job of the organisation."""
    texts = {"name": request.name or "", "profile": request.profile or ""}
    if problems := problems_in(texts):
        raise fields_error(problems)


def _name(given: str) -> str:
    name = " ".join(given.split())
    if not name:
        raise field_error("name", "ERR_BLANK", "can't be blank")
    return name
