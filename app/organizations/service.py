"""Writes of organisations."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.errors import Invalid, field_error
from app.organizations.events import OrganizationCreated
from app.organizations.models import Organization, Seat
from app.organizations.schemas import OrganizationCreate
from app.outbox.publish import publish

MOST_OWNED = 20


class TooManyOrganizations(Invalid):
    code = "too_many_organizations"
    message = f"An account can create {MOST_OWNED} organizations at most"


async def create(session: AsyncSession, *, actor_id: int, request: OrganizationCreate) -> Organization:
    """Create an unverified organisation owned by the actor. Raises Invalid or TooManyOrganizations."""
    name = " ".join(request.name.split())
    if not name:
        raise field_error("name", "ERR_BLANK", "can't be blank")
    # Two requests at once must not both find room.
    await session.execute(select(Account.id).where(Account.id == actor_id).with_for_update())
    owned = await session.scalar(
        select(func.count()).select_from(Organization).where(Organization.created_by == actor_id)
    )
    if (owned or 0) >= MOST_OWNED:
        raise TooManyOrganizations
    organization = Organization(name=name, url=str(request.url) if request.url else None, created_by=actor_id)
    session.add(organization)
    await session.flush()
    session.add(Seat(organization_id=organization.id, account_id=actor_id, role="owner"))
    await session.flush()
    await publish(session, OrganizationCreated(organization.id), actor_id=actor_id)
    return organization
