"""/api/weizhi/v1/inbound_sources for recruiters, /api/weizhi/v1/inbound/:kind/:id for their systems."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from app.inbound import queries, service
from app.inbound.models import InboundSource, Receipt
from app.inbound.schemas import (
    InboundSourceCreate,
    InboundSourceOut,
    InboundSourceWithSecretOut,
    KeptReceiptOut,
    Kind,
    ReceiptOut,
)
from app.kit.clock import now
from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of, status_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.oauth.actor import Actor, requires

# Bodies below this path are signed: they are read as bytes, never decoded on the way.
RAW_BODIES = "/api/weizhi/v1/inbound/"

router = APIRouter(prefix="/api/weizhi/v1", tags=["inbound"])

Recruiter = Annotated[Actor, requires("write:jobs")]


@router.post("/inbound_sources", response_model=InboundSourceWithSecretOut)
async def create_inbound_source(
    body: InboundSourceCreate, actor: Recruiter, session: Transaction, site: CurrentSite
) -> InboundSourceWithSecretOut:
    """Let a recruiting system push jobs of your organisation. The secret is told this once."""
    source = await service.create_source(session, actor_id=actor.account_id, request=body)
    return InboundSourceWithSecretOut(**_shown(source, site).model_dump(), secret=source.secret)


@router.get("/inbound_sources", response_model=list[InboundSourceOut])
async def list_inbound_sources(actor: Recruiter, session: Reading, site: CurrentSite) -> list[InboundSourceOut]:
    """The inbound sources of your organisations, newest first (100 at most)."""
    sources = await queries.list_sources(session, account_id=actor.account_id, limit=100)
    return [_shown(source, site) for source in sources]


@router.get("/inbound_sources/{id}/receipts", response_model=list[KeptReceiptOut])
async def list_receipts(
    id: PathId,
    actor: Recruiter,
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=100)],
    request: Request,
    response: Response,
) -> list[KeptReceiptOut]:
    """What a source sent and what became of it, newest first."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id)
    receipts = await queries.page_receipts(session, source_id=source.id, page=page)
    if receipts:
        response.headers.update(link_header(request, site, older_than=receipts[-1].id, newer_than=receipts[0].id))
    return [
        KeptReceiptOut(
            **_receipt(receipt).model_dump(),
            message_id=receipt.message_id,
            received_at=receipt.created_at,
            body=receipt.body.decode("utf-8", "replace")[:2000],
        )
        for receipt in receipts
    ]


@router.post(
    "/inbound/{kind}/{id}",
    response_model=ReceiptOut,
    status_code=202,
    responses={200: {"model": ReceiptOut, "description": "The receipt of the same message, taken before"}},
)
async def receive_message(
    kind: Kind, id: PathId, request: Request, response: Response, session: Transaction, site: CurrentSite
) -> ReceiptOut:
    """Take a signed message of a recruiting system. The same message again gives the same receipt (200).

    A signed message that cannot be applied is kept and answered 4xx with the reason; nothing of it is done.
    """
    source = await queries.get_source(session, id=id, kind=kind)
    receipt, refusal, repeated = await service.receive(
        session, source=source, headers=request.headers, body=await request.body(), site=site, now=now()
    )
    # Not raised: the receipt of a refused message must be committed.
    if refusal:
        response.status_code = status_of(refusal)
    elif repeated:
        response.status_code = 422 if receipt.status == "rejected" else 200
    return _receipt(receipt)


def _receipt(receipt: Receipt) -> ReceiptOut:
    return ReceiptOut(receipt_id=receipt.id, job_id=receipt.job_id, status=receipt.status, **(receipt.error or {}))


def _shown(source: InboundSource, site: Site) -> InboundSourceOut:
    return InboundSourceOut(
        id=source.id,
        kind=source.kind,
        organization_id=source.organization_id,
        url=f"{site.url}{RAW_BODIES}{source.kind}/{source.id}",
        defaults=source.defaults,
        created_at=source.created_at,
        last_received_at=source.last_received_at,
        last_error=source.last_error,
    )
