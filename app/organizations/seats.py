"""Writes of seats and invitations. Each holds the organisation's lock: an owner always stays, and bounds hold."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.graph.queries import find_block
from app.kit.errors import Conflict, Invalid, NotFound
from app.organizations.events import SeatChanged, SeatCreated, SeatDeclined, SeatOffered, SeatRemoved
from app.organizations.models import Organization, Seat, SeatInvitation
from app.organizations.queries import EVERY_ROLE, get_organization_for_editing
from app.outbox.publish import publish

MOST_SEATS = 100


class LastOwner(Conflict):
    code = "last_owner"
    message = "An organization must keep an owner"


class AlreadySeated(Conflict):
    code = "already_seated"
    message = "That account holds a seat in this organization already"


class TooManySeats(Invalid):
    code = "too_many_seats"
    message = f"Validation failed: an organization can have {MOST_SEATS} seats at most, invitations among them"


async def invite(
    session: AsyncSession, *, organization_id: int, actor_id: int, account_id: int, role: str
) -> SeatInvitation:
    """Offer an account a seat; one that was offered before is offered with this role.

    Raises NotFound (also where one of both blocks the other), NotSeatMember, AlreadySeated, TooManySeats.
    """
    await get_organization_for_editing(session, id=organization_id, account_id=actor_id)
    await get_profile(session, id=account_id)
    for one, other in ((account_id, actor_id), (actor_id, account_id)):
        if await find_block(session, account_id=one, target_id=other):
            raise NotFound
    if await session.get(Seat, (organization_id, account_id)):
        raise AlreadySeated
    query = select(SeatInvitation).where(
        SeatInvitation.organization_id == organization_id, SeatInvitation.account_id == account_id
    )
    invitation = await session.scalar(query)
    if invitation is None:
        await _require_room(session, organization_id)
        invitation = SeatInvitation(organization_id=organization_id, account_id=account_id)
        session.add(invitation)
    invitation.role, invitation.invited_by = role, actor_id
    await session.flush()
    await session.refresh(invitation)
    await publish(session, SeatOffered(organization_id, account_id), actor_id=actor_id)
    return invitation


async def accept(session: AsyncSession, *, invitation_id: int, actor_id: int) -> Seat:
    """Take the seat that an invitation offers. Raises NotFound."""
    invitation = await _lock_invitation(session, invitation_id)
    if invitation.account_id != actor_id:
        raise NotFound
    seat = Seat(organization_id=invitation.organization_id, account_id=actor_id, role=invitation.role)
    await session.delete(invitation)
    session.add(seat)
    await session.flush()
    await session.refresh(seat)
    await publish(session, SeatCreated(seat.organization_id, actor_id), actor_id=actor_id)
    return seat


async def decline(session: AsyncSession, *, invitation_id: int, actor_id: int) -> None:
    """Drop an invitation: its account declines, or an owner takes it back. Raises NotFound."""
    invitation = await _lock_invitation(session, invitation_id)
    if invitation.account_id != actor_id:
        seat = await session.get(Seat, (invitation.organization_id, actor_id))
        if seat is None or seat.role != "owner":
            raise NotFound
    await session.delete(invitation)
    await session.flush()
    await publish(session, SeatDeclined(invitation.organization_id, invitation.account_id), actor_id=actor_id)


async def change_role(
    session: AsyncSession, *, organization_id: int, actor_id: int, account_id: int, role: str
) -> Seat:
    """Give a seat another role. Raises NotFound, NotSeatMember, LastOwner."""
    await get_organization_for_editing(session, id=organization_id, account_id=actor_id)
    seat = await _get_seat(session, organization_id, account_id)
    if seat.role == role:
        return seat
    if seat.role == "owner":
        await _require_another_owner(session, seat)
    seat.role = role
    await session.flush()
    await publish(session, SeatChanged(organization_id, account_id), actor_id=actor_id)
    return seat


async def remove(session: AsyncSession, *, organization_id: int, actor_id: int, account_id: int) -> None:
    """Take a seat away, or leave one's own. Its jobs stay with the organisation, and their posts with their author.

    Raises NotFound, NotSeatMember, LastOwner.
    """
    roles = EVERY_ROLE if account_id == actor_id else ("owner",)
    await get_organization_for_editing(session, id=organization_id, account_id=actor_id, roles=roles)
    seat = await _get_seat(session, organization_id, account_id)
    if seat.role == "owner":
        await _require_another_owner(session, seat)
    await session.delete(seat)
    await session.flush()
    await publish(session, SeatRemoved(organization_id, account_id), actor_id=actor_id)


async def _get_seat(session: AsyncSession, organization_id: int, account_id: int) -> Seat:
    seat = await session.get(Seat, (organization_id, account_id), populate_existing=True)
    if seat is None:
        raise NotFound
    return seat


async def _lock_invitation(session: AsyncSession, id: int) -> SeatInvitation:
    found = await session.get(SeatInvitation, id)
    if found is None:
        raise NotFound
    await session.execute(select(Organization.id).where(Organization.id == found.organization_id).with_for_update())
    # It may have been taken, or taken back, while we waited.
    invitation: SeatInvitation | None = await session.scalar(
        select(SeatInvitation).where(SeatInvitation.id == id).execution_options(populate_existing=True)
    )
    if invitation is None:
        raise NotFound
    return invitation


async def _require_another_owner(session: AsyncSession, seat: Seat) -> None:
    query = select(func.count()).where(
        Seat.organization_id == seat.organization_id, Seat.role == "owner", Seat.account_id != seat.account_id
    )
    if not await session.scalar(query):
        raise LastOwner


async def _require_room(session: AsyncSession, organization_id: int) -> None:
    taken = 0
    for table in (Seat, SeatInvitation):
        query = select(func.count()).select_from(table).where(table.organization_id == organization_id)
        taken += await session.scalar(query) or 0
    if taken >= MOST_SEATS:
        raise TooManySeats
