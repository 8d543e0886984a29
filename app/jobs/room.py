"""How many jobs an organisation may keep open that nobody has verified."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job
from app.kit.errors import Forbidden
from app.kit.site import Site
from app.organizations.models import Organization


class OrganizationUnverified(Forbidden):
    code = "organization_unverified"
    message = "An organization must be verified to keep more jobs open"


async def require_room(session: AsyncSession, *, organization: Organization, site: Site) -> None:
    """Raise OrganizationUnverified unless one more job may open. Holds the organisation's lock until the end."""
    # Two requests at once must not both find room.
    query = select(Organization).where(Organization.id == organization.id).with_for_update(key_share=True)
    await session.scalar(query.execution_options(populate_existing=True))
    if organization.verified_at is not None:
        return
    open_jobs = select(func.count()).where(Job.organization_id == organization.id, Job.state == "open")
    if (await session.scalar(open_jobs) or 0) >= site.unverified_jobs:
        raise OrganizationUnverified(
            f"An organization that is not verified may keep {site.unverified_jobs} jobs open: close one, or be verified"
        )
