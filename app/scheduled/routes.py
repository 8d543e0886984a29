"""/api/v1/scheduled_statuses: what waits for its time."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from app.kit.clock import now
from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.wire import WireModel
from app.oauth.actor import Actor, requires
from app.scheduled import queries, service
from app.scheduled.present import present_scheduled
from app.scheduled.schemas import ScheduledStatusOut, ScheduledUpdate

router = APIRouter(prefix="/api/v1/scheduled_statuses", tags=["scheduled posts"])

Reader = Annotated[Actor, requires("read:statuses")]
Writer = Annotated[Actor, requires("write:statuses")]


class NothingOut(WireModel):
    """Done, and nothing to tell."""


@router.get("", response_model=list[ScheduledStatusOut])
async def list_scheduled(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    request: Request,
    response: Response,
    page: Annotated[Page, page_of(default=20, most=40)],
) -> list[ScheduledStatusOut]:
    """Your posts that wait for their time, and those that could not be published (`weizhi.error` says why)."""
    found = await queries.page_scheduled(session, account_id=actor.account_id, page=page)
    if found:
        links = link_header(request, site, older_than=found[-1].id, newer_than=found[0].id)
        response.headers.update(links)
    return await present_scheduled(session, found, site=site)


@router.get("/{id}", response_model=ScheduledStatusOut)
async def get_scheduled(id: PathId, actor: Reader, session: Reading, site: CurrentSite) -> ScheduledStatusOut:
    """One of your scheduled posts."""
    scheduled = await queries.get_own_scheduled(session, id=id, account_id=actor.account_id)
    return (await present_scheduled(session, [scheduled], site=site))[0]


@router.put("/{id}", response_model=ScheduledStatusOut)
async def move_scheduled(
    id: PathId, body: ScheduledUpdate, actor: Writer, session: Transaction, site: CurrentSite
) -> ScheduledStatusOut:
    """Give your scheduled post another time, at least five minutes ahead."""
    scheduled = await service.move(
        session, author_id=actor.account_id, scheduled_id=id, moment=body.scheduled_at, now=now()
    )
    return (await present_scheduled(session, [scheduled], site=site))[0]


@router.delete("/{id}", response_model=NothingOut)
async def cancel_scheduled(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Cancel your scheduled post."""
    await service.cancel(session, author_id=actor.account_id, scheduled_id=id, now=now())
    return NothingOut()
