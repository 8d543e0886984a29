"""Reads of organisations and seats, among them the gate `require_seat`."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.errors import Forbidden, NotFound
from app.organizations.models import Organization, Seat, SeatInvitation

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


async def get_organization_for_editing(
    session: AsyncSession, *, id: int, account_id: int, roles: Collection[str] = ("owner",)
) -> Organization:
    """One organisation, locked, in which the account's seat is one of `roles`. Raises NotFound, NotSeatMember."""
    organization = await session.get(Organization, id, with_for_update=True, populate_existing=True)
    if organization is None:
        raise NotFound
    seat = await session.get(Seat, (id, account_id))
    if seat is None or seat.role not in roles:
        raise NotSeatMember
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


async def list_members(session: AsyncSession, *, organization_id: int, limit: int) -> Sequence[tuple[Seat, Account]]:
    """An organisation's seats with their accounts, oldest first, at most `limit`. The caller has checked who asks."""
    rows = await session.execute(
        select(Seat, Account)
        .join(Account, Account.id == Seat.account_id)
        .where(Seat.organization_id == organization_id)
        .order_by(Seat.created_at, Seat.account_id)
        .limit(limit)
    )
    return [(seat, account) for seat, account in rows]


async def list_invitations(
    session: AsyncSession, *, limit: int, organization_id: int | None = None, account_id: int | None = None
) -> Sequence[tuple[SeatInvitation, Organization, Account]]:
    """Invitations of an organisation or to an account, newest first, at most `limit`."""
    query = (
        select(SeatInvitation, Organization, Account)
        .join(Organization, Organization.id == SeatInvitation.organization_id)
        .join(Account, Account.id == SeatInvitation.account_id)
    )
    if organization_id is not None:
        query = query.where(SeatInvitation.organization_id == organization_id)
    if account_id is not None:
        query = query.where(SeatInvitation.account_id == account_id)
    rows = await session.execute(query.order_by(SeatInvitation.id.desc()).limit(limit))
    return [(invitation, organization, account) for invitation, organization, account in rows]


async def list_owners(session: AsyncSession, *, organization_id: int) -> Sequence[Account]:
    """The owners of an organisation who are not suspended."""
    query = select(Account).join(Seat, Seat.account_id == Account.id)
    mine = query.where(Seat.organization_id == organization_id, Seat.role == "owner", Account.suspended_at.is_(None))
    return (await session.scalars(mine.order_by(Account.id))).all()
