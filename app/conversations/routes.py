"""/api/v1/conversations, and the old timeline of direct posts."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response

from app.conversations import queries, service
from app.conversations.reader import present
from app.conversations.schemas import ConversationOut, NothingOut
from app.kit.errors import NotFound
from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.oauth.actor import Actor, requires
from app.reading.pipeline import hydrated_by, read_timeline
from app.reading.rules import welcome
from app.reading.schemas import StatusOut

router = APIRouter(prefix="/api/v1", tags=["conversations"])

Reader = Annotated[Actor, requires("read:statuses")]
Writer = Annotated[Actor, requires("write:conversations")]
Pages = Annotated[Page, page_of(default=20, most=40)]


@router.get("/conversations", response_model=list[ConversationOut])
async def list_conversations(
    actor: Reader, session: Reading, site: CurrentSite, page: Pages, request: Request, response: Response
) -> list[ConversationOut]:
    """Your direct-message threads, latest first."""
    found = await queries.page_conversations(session, account_id=actor.account_id, page=page)
    if found:
        oldest, newest = found[-1].last_post_id, found[0].last_post_id
        response.headers.update(link_header(request, site, older_than=oldest, newer_than=newest))
    return await present(session, found, account_id=actor.account_id, site=site)


@router.delete("/conversations/{id}", response_model=NothingOut)
async def delete_conversation(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Take a conversation out of your list; its posts stay, and it is back when somebody writes again."""
    await service.remove(session, account_id=actor.account_id, id=id)
    return NothingOut()


@router.post("/conversations/{id}/read", response_model=ConversationOut)
async def read_conversation(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> ConversationOut:
    """Mark a conversation as read."""
    return await _mark(id, actor, session, site, unread=False)


@router.post("/conversations/{id}/unread", response_model=ConversationOut)
async def unread_conversation(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> ConversationOut:
    """Mark a conversation as not read."""
    return await _mark(id, actor, session, site, unread=True)


@router.get("/timelines/direct", response_model=list[StatusOut], deprecated=True)
async def direct_timeline(
    actor: Reader, session: Reading, site: CurrentSite, page: Pages, request: Request, response: Response
) -> list[StatusOut]:
    """Direct posts by you and to you, newest first. Conversations are the newer way."""

    async def skeleton(part: Page) -> Sequence[int]:
        return await queries.page_direct_posts(session, account_id=actor.account_id, page=part)

    timeline = await read_timeline(
        hydrated_by(session), skeleton=skeleton, page=page, rule=welcome, viewer_id=actor.account_id
    )
    links = link_header(request, site, older_than=timeline.older_than, newer_than=timeline.newer_than)
    response.headers.update(links)
    return timeline.present(site=site)


async def _mark(id: int, actor: Actor, session: Transaction, site: CurrentSite, *, unread: bool) -> ConversationOut:
    conversation = await service.mark(session, account_id=actor.account_id, id=id, unread=unread)
    shown = await present(session, [conversation], account_id=actor.account_id, site=site)
    if not shown:
        raise NotFound
    return shown[0]
