"""/api/weizhi/v1/saved_searches: searches for jobs that are kept, and tell of new ones."""

from typing import Annotated

from fastapi import APIRouter

from app.alerts import queries, service
from app.alerts.models import SavedSearch
from app.alerts.schemas import SavedSearchCreate, SavedSearchOut, SavedSearchUpdate
from app.kit.clock import now
from app.kit.http import PathId, Reading, Transaction
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut

router = APIRouter(prefix="/api/weizhi/v1/saved_searches", tags=["search"])

Reader = Annotated[Actor, requires("read:jobs")]
Writer = Annotated[Actor, requires("write:jobs")]


@router.get("", response_model=list[SavedSearchOut])
async def list_saved_searches(actor: Reader, session: Reading) -> list[SavedSearchOut]:
    """Your saved searches, 50 at most, in the order you made them."""
    return [_shown(one) for one in await queries.list_saved_searches(session, account_id=actor.account_id)]


@router.post("", response_model=SavedSearchOut)
async def create_saved_search(body: SavedSearchCreate, actor: Writer, session: Transaction) -> SavedSearchOut:
    """Save a search for jobs. New jobs that match it are told as notifications.

    A job is told once, whichever of your searches it matches, and none that was published before. Words must match;
    slips in them are not forgiven. Saving the same again changes nothing.
    """
    return _shown(await service.create(session, account_id=actor.account_id, request=body, now=now()))


@router.get("/{id}", response_model=SavedSearchOut)
async def get_saved_search(id: PathId, actor: Reader, session: Reading) -> SavedSearchOut:
    """One of your saved searches."""
    return _shown(await queries.get_own_saved_search(session, id=id, account_id=actor.account_id))


@router.patch("/{id}", response_model=SavedSearchOut)
async def update_saved_search(
    id: PathId, body: SavedSearchUpdate, actor: Writer, session: Transaction
) -> SavedSearchOut:
    """Change a saved search. With another question it tells of what is published from now on."""
    return _shown(await service.update(session, id=id, account_id=actor.account_id, request=body, now=now()))


@router.delete("/{id}", response_model=NothingOut)
async def delete_saved_search(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Forget a saved search. What it told stays."""
    await service.delete(session, id=id, account_id=actor.account_id)
    return NothingOut()


def _shown(search: SavedSearch) -> SavedSearchOut:
    return SavedSearchOut.model_validate(
        {name: getattr(search, name) for name in SavedSearchOut.model_fields}, from_attributes=True
    )
