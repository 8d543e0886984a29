"""/api/v1/notifications: list, show, dismiss, clear."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.notifications import reader, service
from app.notifications.queries import Selection
from app.notifications.rules import kinds_of
from app.notifications.schemas import Dismissal, NothingOut, NotificationOut
from app.oauth.actor import Actor, requires

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])

Reader = Annotated[Actor, requires("read:notifications")]
Writer = Annotated[Actor, requires("write:notifications")]
_Type = Annotated[str, Query(max_length=40)]
_Types = Annotated[list[_Type], Query(max_length=40)]
_BracketTypes = Annotated[list[_Type], Query(alias="types[]", max_length=40)]
_BracketExcluded = Annotated[list[_Type], Query(alias="exclude_types[]", max_length=40)]


def _selection(
    types: _Types = [],  # noqa: B006 (FastAPI copies it)
    bracket_types: _BracketTypes = [],  # noqa: B006
    exclude_types: _Types = [],  # noqa: B006
    bracket_excluded: _BracketExcluded = [],  # noqa: B006
    account_id: Annotated[IdIn | None, Query(description="Only from this account.")] = None,
    include_filtered: Annotated[bool, Query(description="With those that your policy filters.")] = False,
) -> Selection:
    kinds = kinds_of([*types, *bracket_types], without=[*exclude_types, *bracket_excluded])
    return Selection(kinds, account_id, include_filtered)


Selected = Annotated[Selection, Depends(_selection)]


@router.get("", response_model=list[NotificationOut])
async def list_notifications(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    selection: Selected,
    page: Annotated[Page, page_of(default=40, most=80)],
    request: Request,
    response: Response,
) -> Sequence[NotificationOut]:
    """What you are told, newest first."""
    found = await reader.read_page(session, account_id=actor.account_id, selection=selection, page=page)
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    return await reader.present(session, found.items, site=site)


@router.get("/{id}", response_model=NotificationOut)
async def get_notification(id: PathId, actor: Reader, session: Reading, site: CurrentSite) -> NotificationOut:
    """One notification."""
    return await reader.read_one(session, id=id, account_id=actor.account_id, site=site)


@router.post("/clear", response_model=NothingOut)
async def clear_notifications(actor: Writer, session: Transaction) -> NothingOut:
    """Forget all notifications."""
    await service.clear(session, account_id=actor.account_id)
    return NothingOut()


@router.post("/{id}/dismiss", response_model=NothingOut)
async def dismiss_notification(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Forget one notification."""
    await service.dismiss(session, account_id=actor.account_id, id=id)
    return NothingOut()


@router.post("/dismiss", response_model=NothingOut, deprecated=True)
async def dismiss_notification_by_body(body: Dismissal, actor: Writer, session: Transaction) -> NothingOut:
    """Forget one notification; the old form, with its `id` in the body."""
    await service.dismiss(session, account_id=actor.account_id, id=body.id)
    return NothingOut()
