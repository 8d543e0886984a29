"""/api/weizhi/v1/inbound_sources for recruiters, /api/weizhi/v1/inbound/:kind/:id for their systems."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from app.inbound import present, queries, receiving, service
from app.inbound.schemas import (
    HandshakeOut,
    InboundSourceCreate,
    InboundSourceOut,
    InboundSourceUpdate,
    InboundSourceWithSecretOut,
    KeptReceiptOut,
    PollNow,
    PushKind,
    ReceiptOut,
    ReceiptStatus,
    ReplayOut,
    ReplayPeriod,
    SecretRotate,
    WholeReceiptOut,
)
from app.kit.clock import now
from app.kit.http import CurrentSite, Cursor, PathId, Reading, Transaction, link_header, page_of, parse_id, status_of
from app.kit.outward import Outward
from app.kit.pagination import Page
from app.oauth.actor import Actor, requires

RAW_BODIES = present.RAW_BODIES

router = APIRouter(prefix="/api/weizhi/v1", tags=["inbound"])

Recruiter = Annotated[Actor, requires("write:jobs")]


def _outward(request: Request) -> Outward:
    outward: Outward = request.app.state.resources.outward
    return outward


WayOut = Annotated[Outward, Depends(_outward)]


@router.post("/inbound_sources", response_model=InboundSourceWithSecretOut)
async def create_inbound_source(
    body: InboundSourceCreate, actor: Recruiter, session: Transaction, site: CurrentSite, outward: WayOut
) -> InboundSourceWithSecretOut:
    """Let a recruiting system push jobs of your organisation, or have a feed of them polled.

    The signing secret of a system that pushes is told this once.
    """
    source = await service.create_source(session, actor_id=actor.account_id, request=body, outward=outward, now=now())
    return InboundSourceWithSecretOut(**present.source(source, site).model_dump(), secret=source.secret or None)


@router.get("/inbound_sources", response_model=list[InboundSourceOut])
async def list_inbound_sources(actor: Recruiter, session: Reading, site: CurrentSite) -> list[InboundSourceOut]:
    """The inbound sources of your organisations, newest first (100 at most)."""
    sources = await queries.list_sources(session, account_id=actor.account_id, limit=100)
    return [present.source(source, site) for source in sources]


@router.get("/inbound_sources/{id}", response_model=InboundSourceOut)
async def get_inbound_source(id: PathId, actor: Recruiter, session: Reading, site: CurrentSite) -> InboundSourceOut:
    """One inbound source of your organisations."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id)
    return present.source(source, site)


@router.patch("/inbound_sources/{id}", response_model=InboundSourceOut)
async def update_inbound_source(
    id: PathId, body: InboundSourceUpdate, actor: Recruiter, session: Transaction, site: CurrentSite, outward: WayOut
) -> InboundSourceOut:
    """Change an inbound source: its defaults, how its words are read, whether it is on, where and when it is polled."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id, lock=True)
    await service.update_source(session, source=source, request=body, outward=outward, now=now())
    return present.source(source, site)


@router.delete("/inbound_sources/{id}", response_model=InboundSourceOut)
async def delete_inbound_source(
    id: PathId, actor: Recruiter, session: Transaction, site: CurrentSite
) -> InboundSourceOut:
    """Delete an inbound source. Its jobs stay as they are."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id, lock=True)
    shown = present.source(source, site)
    await service.delete_source(session, source=source, now=now())
    return shown


@router.post("/inbound_sources/{id}/rotate", response_model=InboundSourceWithSecretOut)
async def rotate_inbound_secret(
    id: PathId, body: SecretRotate, actor: Recruiter, session: Transaction, site: CurrentSite
) -> InboundSourceWithSecretOut:
    """Give a source a new signing secret. The one before goes on for `overlap_hours`."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id, lock=True)
    await service.rotate_secret(session, source=source, request=body, now=now())
    return InboundSourceWithSecretOut(**present.source(source, site).model_dump(), secret=source.secret)


@router.post("/inbound_sources/{id}/poll", response_model=InboundSourceOut, status_code=202)
async def poll_inbound_source(
    id: PathId, body: PollNow, actor: Recruiter, session: Transaction, site: CurrentSite
) -> InboundSourceOut:
    """Have a source polled as soon as may be (a minute after the last poll), in the background.

    `accept_vanished` says that what a feed no longer has is meant to be gone.
    """
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id, lock=True)
    await service.poll_now(session, source=source, accept_vanished=body.accept_vanished, now=now())
    return present.source(source, site)


@router.get("/inbound_sources/{id}/receipts", response_model=list[KeptReceiptOut])
async def list_receipts(
    id: PathId,
    actor: Recruiter,
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=100)],
    request: Request,
    response: Response,
    status: Annotated[ReceiptStatus | None, Query(description="Only those of this status.")] = None,
    job_id: Annotated[Cursor, Query(description="Only those about this job.")] = None,
) -> list[KeptReceiptOut]:
    """What a source sent and what became of it, newest first."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id)
    receipts = await queries.page_receipts(session, source_id=source.id, page=page, status=status, job_id=job_id)
    if receipts:
        response.headers.update(link_header(request, site, older_than=receipts[-1].id, newer_than=receipts[0].id))
    return [present.kept_receipt(receipt) for receipt in receipts]


ReceiptId = Annotated[str, Path(max_length=64)]


@router.get("/inbound_sources/{id}/receipts/{receipt_id}", response_model=WholeReceiptOut)
async def get_receipt(id: PathId, receipt_id: ReceiptId, actor: Recruiter, session: Reading) -> WholeReceiptOut:
    """One receipt, with its whole message and every status it had."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id)
    receipt = await queries.get_receipt(session, id=parse_id(receipt_id), source_id=source.id)
    return present.whole_receipt(receipt)


@router.post("/inbound_sources/{id}/receipts/{receipt_id}/replay", response_model=WholeReceiptOut)
async def replay_receipt(
    id: PathId, receipt_id: ReceiptId, actor: Recruiter, session: Transaction, site: CurrentSite
) -> WholeReceiptOut:
    """Apply a rejected message anew, as the source's mapping and defaults are now. It is applied once.

    When it is refused again the receipt says why; what is older than what the source sent since changes nothing.
    """
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id, lock=True)
    receipt = await queries.get_receipt(session, id=parse_id(receipt_id), source_id=source.id, lock=True)
    await receiving.replay(session, source=source, receipt=receipt, site=site, now=now())
    return present.whole_receipt(receipt)


@router.post("/inbound_sources/{id}/replay", response_model=ReplayOut, status_code=202)
async def replay_period(id: PathId, body: ReplayPeriod, actor: Recruiter, session: Transaction) -> ReplayOut:
    """Apply every rejected message of a period anew, oldest first, in the background."""
    source = await queries.get_source_for_editing(session, id=id, account_id=actor.account_id)
    found = await receiving.replay_period(session, source=source, since=body.since, until=body.until)
    return ReplayOut(receipts=found)


@router.post(
    "/inbound/{kind}/{id}",
    response_model=ReceiptOut,
    status_code=202,
    responses={
        200: {
            "model": ReceiptOut | HandshakeOut,
            "description": "The receipt of the same message, taken before; or the answer to an activation",
        }
    },
)
async def receive_message(
    kind: PushKind, id: PathId, request: Request, response: Response, session: Transaction, site: CurrentSite
) -> ReceiptOut | Response:
    """Take a signed message of a recruiting system. The same message again gives the same receipt (200).

    A signed message that cannot be applied is kept and answered 4xx with the reason; nothing of it is done.
    """
    source = await queries.get_source(session, id=id, kind=kind)
    if kind == "smartrecruiters" and (handshake := receiving.handshake(request.headers)):
        return JSONResponse({"handshake": True}, headers={"X-Hook-Secret": handshake})
    receipt, refusal, repeated = await receiving.receive(
        session, source=source, headers=request.headers, body=await request.body(), site=site, now=now()
    )
    # Not raised: the receipt of a refused message must be committed.
    if refusal:
        response.status_code = status_of(refusal)
    elif repeated:
        response.status_code = 422 if receipt.status == "rejected" else 200
    return present.receipt(receipt)
