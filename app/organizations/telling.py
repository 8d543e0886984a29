"""Making known what an organisation is called and labelled now."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import ALL
from app.kit.db import touch
from app.organizations.events import OrganizationUpdated
from app.organizations.models import Organization
from app.outbox.publish import publish


async def tell(session: AsyncSession, organization: Organization, *, actor_id: int | None) -> None:
    """Write a changed organisation, and have its jobs' posts follow."""
    await session.flush()
    # Its name and label stand in every post of its jobs.
    touch(session, ALL)
    await publish(session, OrganizationUpdated(organization.id), actor_id=actor_id)
