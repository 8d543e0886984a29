"""/api/v1/domain_blocks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.domains import queries, service
from app.domains.schemas import DomainIn, MaybeDomain
from app.kit.errors import field_error
from app.kit.http import CurrentSite, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut

router = APIRouter(prefix="/api/v1/domain_blocks", tags=["domain blocks"])


@router.get("", response_model=list[str])
async def list_domain_blocks(
    actor: Annotated[Actor, requires("read:blocks")],
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=100, most=200)],
    request: Request,
    response: Response,
) -> list[str]:
    """The domains you blocked, the last one first. The cursors are in the `Link` header only."""
    blocks = await queries.page_domain_blocks(session, account_id=actor.account_id, page=page)
    if blocks:
        response.headers.update(link_header(request, site, older_than=blocks[-1].id, newer_than=blocks[0].id))
    return [block.domain for block in blocks]


@router.post("", response_model=NothingOut)
async def block_domain(
    body: DomainIn, actor: Annotated[Actor, requires("write:blocks")], session: Transaction, site: CurrentSite
) -> NothingOut:
    """Block a domain. Nothing comes to Weizhi from other services, so this is kept and changes nothing."""
    await service.block(session, account_id=actor.account_id, domain=body.domain, own=site.domain)
    return NothingOut()


@router.delete("", response_model=NothingOut)
async def unblock_domain(
    body: MaybeDomain,
    actor: Annotated[Actor, requires("write:blocks")],
    session: Transaction,
    domain: Annotated[str | None, Query(min_length=1, max_length=253)] = None,
) -> NothingOut:
    """Unblock a domain, named in the body or in the address."""
    named = body.domain or domain
    if named is None:
        raise field_error("domain", "ERR_BLANK", "can't be blank")
    await service.unblock(session, account_id=actor.account_id, domain=named)
    return NothingOut()
