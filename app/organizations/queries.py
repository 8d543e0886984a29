"""Reads of organisations and seats, among them the gate `require_seat`."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Forbidden, NotFound
from app.organizations.models import Organization, Seat

EDITORS = ("owner", "recruiter")
EVERY_ROLE = ("owner", "recruiter", "viewer")


class NotSeatMember(Forbidden):
    code = "not_seat_member"
    message = "You do not hold a seat in this organization that allows this"


async def get_organization(session: AsyncSession, *, id: int) -> Organization:
    """One organisation; raises NotFound."""
    organization = await session.get(Organization, id)
    if organization is None:
        raise NotFound
    return organization


async def load_organizations(session: AsyncSession, *, ids: Collection[int]) -> dict[int, Organization]:
    """Organisations by id, of those that exist."""
    if not ids:
        return {}
    rows = await session.scalars(select(Organization).where(Organization.id.in_(ids)))
    return {organization.id: organization for organization in rows}


async def require_seat(
    session: AsyncSession, *, organization_id: int, account_id: int, roles: Collection[str] = EDITORS
) -> None:
    """Raise NotFound for an unknown organisation, NotSeatMember unless the account's seat is one of `roles`."""
    await get_organization(session, id=organization_id)
    seat = await session.get(Seat, (organization_id, account_id))
    if seat is None or seat.role not in roles:
        raise NotSeatMember


async def list_seats(session: AsyncSession, *, account_id: int, limit: int) -> Sequence[tuple[Seat, Organization]]:
    """The account's seats with their organisations, newest first, at most `limit`."""
    rows = await session.execute(
        select(Seat, Organization)
        .join(Organization, Organization.id == Seat.organization_id)
        .where(Seat.account_id == account_id)
        .order_by(Organization.id.desc())
        .limit(limit)
    )
    return [(seat, organization) for seat, organization in rows]
