"""/api/weizhi/v1/organizations."""

from typing import Annotated

from fastapi import APIRouter

from app.kit.http import PathId, Reading, Transaction
from app.oauth.actor import Actor, requires
from app.organizations import queries, service
from app.organizations.schemas import OrganizationCreate, OrganizationOut, SeatOut
from app.reading.present_job import present_organization

router = APIRouter(prefix="/api/weizhi/v1/organizations", tags=["organizations"])


@router.post("", response_model=OrganizationOut)
async def create_organization(
    body: OrganizationCreate, actor: Annotated[Actor, requires("write:jobs")], session: Transaction
) -> OrganizationOut:
    """Create an organisation; you become its owner. It stays 未认证 until it is verified."""
    return present_organization(await service.create(session, actor_id=actor.account_id, request=body))


@router.get("", response_model=list[SeatOut])
async def list_organizations(actor: Annotated[Actor, requires("read:jobs")], session: Reading) -> list[SeatOut]:
    """The organisations you hold a seat in, newest first (100 at most)."""
    seats = await queries.list_seats(session, account_id=actor.account_id, limit=100)
    return [
        SeatOut.model_validate({"organization": present_organization(organization), "role": seat.role})
        for seat, organization in seats
    ]


@router.get("/{id}", response_model=OrganizationOut)
async def get_organization(id: PathId, session: Reading) -> OrganizationOut:
    """One organisation."""
    return present_organization(await queries.get_organization(session, id=id))
