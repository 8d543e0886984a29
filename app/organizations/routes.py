"""/api/weizhi/v1/organizations, their seats and verification; /api/weizhi/v1/seat_invitations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from app.accounts.models import Account
from app.kit.clock import now
from app.kit.http import CurrentSite, PathId, Reading, Transaction, parse_id
from app.kit.site import Site
from app.oauth.actor import Actor, requires
from app.organizations import queries, review, schemas, seats, service
from app.organizations.models import Organization, Seat, SeatInvitation, Verification
from app.organizations.schemas import EmployerOut, OrganizationCreate, OrganizationUpdate, SeatOut
from app.reading.present_job import present_employer, present_organization

router = APIRouter(prefix="/api/weizhi/v1/organizations", tags=["organizations"])
invitations = APIRouter(prefix="/api/weizhi/v1/seat_invitations", tags=["organizations"])

Reader = Annotated[Actor, requires("read:jobs")]
Writer = Annotated[Actor, requires("write:jobs")]


def _account_id(account_id: Annotated[str, Path(max_length=64)]) -> int:
    return parse_id(account_id)


AccountId = Annotated[int, Depends(_account_id)]


@router.post("", response_model=EmployerOut)
async def create_organization(body: OrganizationCreate, actor: Writer, session: Transaction) -> EmployerOut:
    """Create an organisation; you become its owner. It stays 未认证 until it is verified."""
    return present_employer(await service.create(session, actor_id=actor.account_id, request=body))


@router.patch("/{id}", response_model=EmployerOut)
async def update_organization(id: PathId, body: OrganizationUpdate, actor: Writer, session: Transaction) -> EmployerOut:
    """Change an organisation you own. Under another name it has to be verified anew."""
    organization = await queries.get_organization_for_editing(session, id=id, account_id=actor.account_id)
    await service.update(session, organization=organization, actor_id=actor.account_id, request=body, now=now())
    return present_employer(organization)


@router.get("", response_model=list[SeatOut])
async def list_organizations(actor: Reader, session: Reading) -> list[SeatOut]:
    """The organisations you hold a seat in, newest first (100 at most)."""
    seats = await queries.list_seats(session, account_id=actor.account_id, limit=100)
    return [
        SeatOut.model_validate({"organization": present_organization(organization), "role": seat.role})
        for seat, organization in seats
    ]


@router.get("/{id}", response_model=EmployerOut)
async def get_organization(id: PathId, session: Reading) -> EmployerOut:
    """One organisation."""
    return present_employer(await queries.get_organization(session, id=id))


@router.get("/{id}/seats", response_model=list[schemas.MemberSeatOut])
async def list_seats(id: PathId, actor: Reader, session: Reading, site: CurrentSite) -> list[schemas.MemberSeatOut]:
    """Who holds a seat in an organisation, for those who do (100 at most)."""
    await queries.require_seat(session, organization_id=id, account_id=actor.account_id, roles=queries.EVERY_ROLE)
    members = await queries.list_members(session, organization_id=id, limit=seats.MOST_SEATS)
    return [_seat(seat, account, site) for seat, account in members]


@router.post("/{id}/seats", response_model=schemas.InvitationOut)
async def invite_to_seat(
    id: PathId, body: schemas.SeatInvite, actor: Writer, session: Transaction, site: CurrentSite
) -> schemas.InvitationOut:
    """Offer an account a seat in an organisation you own. It holds it once it accepts it."""
    invitation = await seats.invite(
        session, organization_id=id, actor_id=actor.account_id, account_id=body.account_id, role=body.role
    )
    organization = await queries.get_organization(session, id=id)
    return _invitation(invitation, organization, await session.get_one(Account, body.account_id), site)


@router.patch("/{id}/seats/{account_id}", response_model=schemas.MemberSeatOut)
async def change_seat(
    id: PathId, account_id: AccountId, body: schemas.RoleUpdate, actor: Writer, session: Transaction, site: CurrentSite
) -> schemas.MemberSeatOut:
    """Give a seat of an organisation you own another role. An owner always stays."""
    seat = await seats.change_role(
        session, organization_id=id, actor_id=actor.account_id, account_id=account_id, role=body.role
    )
    return _seat(seat, await session.get_one(Account, account_id), site)


@router.delete("/{id}/seats/{account_id}", response_model=schemas.GoneOut)
async def remove_seat(id: PathId, account_id: AccountId, actor: Writer, session: Transaction) -> schemas.GoneOut:
    """Take a seat of an organisation you own away, or leave your own. Jobs stay with the organisation."""
    await seats.remove(session, organization_id=id, actor_id=actor.account_id, account_id=account_id)
    return schemas.GoneOut()


@router.get("/{id}/seat_invitations", response_model=list[schemas.InvitationOut])
async def list_offered_seats(
    id: PathId, actor: Reader, session: Reading, site: CurrentSite
) -> list[schemas.InvitationOut]:
    """The seats of an organisation you own that are offered and not taken yet, newest first."""
    await queries.require_seat(session, organization_id=id, account_id=actor.account_id, roles=("owner",))
    found = await queries.list_invitations(session, organization_id=id, limit=seats.MOST_SEATS)
    return [_invitation(*row, site) for row in found]


@invitations.get("", response_model=list[schemas.InvitationOut])
async def list_seat_invitations(actor: Reader, session: Reading, site: CurrentSite) -> list[schemas.InvitationOut]:
    """The seats you are offered, newest first (100 at most)."""
    found = await queries.list_invitations(session, account_id=actor.account_id, limit=100)
    return [_invitation(*row, site) for row in found]


@invitations.post("/{id}/accept", response_model=schemas.SeatOut)
async def accept_seat_invitation(id: PathId, actor: Writer, session: Transaction) -> schemas.SeatOut:
    """Take the seat you are offered."""
    seat = await seats.accept(session, invitation_id=id, actor_id=actor.account_id)
    organization = await queries.get_organization(session, id=seat.organization_id)
    return SeatOut.model_validate({"organization": present_organization(organization), "role": seat.role})


@invitations.delete("/{id}", response_model=schemas.GoneOut)
async def decline_seat_invitation(id: PathId, actor: Writer, session: Transaction) -> schemas.GoneOut:
    """Decline a seat you are offered, or take back one that your organisation offers."""
    await seats.decline(session, invitation_id=id, actor_id=actor.account_id)
    return schemas.GoneOut()


@router.post("/{id}/verify", response_model=schemas.VerificationOut)
async def submit_verification(
    id: PathId, body: schemas.VerificationCreate, actor: Writer, session: Transaction
) -> schemas.VerificationOut:
    """Ask the operator to verify an organisation you own. It lasts six months; submit again before it ends."""
    organization = await queries.get_organization_for_editing(session, id=id, account_id=actor.account_id)
    latest = await review.submit(session, organization=organization, actor_id=actor.account_id, request=body, now=now())
    return _verification(organization, latest)


@router.get("/{id}/verification", response_model=schemas.VerificationOut)
async def get_verification(id: PathId, actor: Reader, session: Reading) -> schemas.VerificationOut:
    """How an organisation you hold a seat in stands, and what was submitted last."""
    await queries.require_seat(session, organization_id=id, account_id=actor.account_id, roles=queries.EVERY_ROLE)
    organization = await queries.get_organization(session, id=id)
    return _verification(organization, await review.find_latest(session, organization_id=id))


def _verification(organization: Organization, latest: Verification | None) -> schemas.VerificationOut:
    state = latest.state if latest else "none"
    if organization.verified_at is not None and state != "pending":
        state = "verified"
    told = schemas.SubmissionOut.model_fields
    submission = schemas.SubmissionOut(**{name: getattr(latest, name) for name in told}) if latest else None
    return schemas.VerificationOut.model_validate(
        {
            "state": state,
            "verified_at": organization.verified_at,
            "verify_due_at": organization.verify_due_at,
            "submission": submission,
        }
    )


def _member(account: Account, site: Site) -> schemas.MemberOut:
    return schemas.MemberOut(
        id=account.id,
        username=account.username,
        display_name=account.display_name,
        url=site.account_url(account.username),
    )


def _seat(seat: Seat, account: Account, site: Site) -> schemas.MemberSeatOut:
    return schemas.MemberSeatOut.model_validate(
        {"account": _member(account, site), "role": seat.role, "created_at": seat.created_at}
    )


def _invitation(
    invitation: SeatInvitation, organization: Organization, account: Account, site: Site
) -> schemas.InvitationOut:
    return schemas.InvitationOut.model_validate(
        {
            "id": invitation.id,
            "organization": present_organization(organization),
            "account": _member(account, site),
            "role": invitation.role,
            "created_at": invitation.created_at,
        }
    )
