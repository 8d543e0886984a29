"""Lists and who is on them."""

from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.queries import get_profile
from app.kit.http import CurrentSite, Links, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.lists import queries, service
from app.lists.models import AccountList
from app.lists.schemas import ListCreate, ListMembers, ListOut, ListUpdate
from app.oauth.actor import Actor, requires
from app.oauth.schemas import NothingOut
from app.reading.people import read_accounts
from app.reading.schemas import AccountOut

router = APIRouter(prefix="/api/v1", tags=["lists"])

Reader = Annotated[Actor, requires("read:lists")]
Writer = Annotated[Actor, requires("write:lists")]


@router.get("/lists", response_model=list[ListOut])
async def list_lists(actor: Reader, session: Reading) -> list[ListOut]:
    """Your lists."""
    return [_present(found) for found in await queries.list_own(session, account_id=actor.account_id)]


@router.post("/lists", response_model=ListOut)
async def create_list(body: ListCreate, actor: Writer, session: Transaction) -> ListOut:
    """Make a list. Nobody else sees it, nor learns of being on it."""
    return _present(await service.create(session, account_id=actor.account_id, request=body))


@router.get("/lists/{id}", response_model=ListOut)
async def get_list(id: PathId, actor: Reader, session: Reading) -> ListOut:
    """One of your lists."""
    return _present(await queries.get_own_list(session, id=id, account_id=actor.account_id))


@router.put("/lists/{id}", response_model=ListOut)
async def update_list(id: PathId, body: ListUpdate, actor: Writer, session: Transaction) -> ListOut:
    """Change a list's title or what stands in it."""
    return _present(await service.update(session, id=id, account_id=actor.account_id, request=body))


@router.delete("/lists/{id}", response_model=NothingOut)
async def delete_list(id: PathId, actor: Writer, session: Transaction) -> NothingOut:
    """Delete a list. You go on following who was on it."""
    await service.delete(session, id=id, account_id=actor.account_id)
    return NothingOut()


@router.get("/lists/{id}/accounts", response_model=list[AccountOut])
async def list_list_accounts(
    id: PathId,
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=40, most=80, unlimited=service.MOST_MEMBERS)],
    links: Links,
) -> list[AccountOut]:
    """Who is on a list, latest first. `limit=0` gives all at once."""
    found = await queries.get_own_list(session, id=id, account_id=actor.account_id)
    entries = await queries.page_members(session, found=found, page=page)
    links.tell([cursor for cursor, _ in entries], page)
    return await read_accounts(session, ids=[id for _, id in entries], site=site)


@router.post("/lists/{id}/accounts", response_model=NothingOut)
async def add_list_accounts(id: PathId, body: ListMembers, actor: Writer, session: Transaction) -> NothingOut:
    """Put people you follow on a list."""
    await service.add(session, id=id, account_id=actor.account_id, member_ids=body.account_ids)
    return NothingOut()


@router.delete("/lists/{id}/accounts", response_model=NothingOut)
async def remove_list_accounts(
    id: PathId,
    body: ListMembers,
    actor: Writer,
    session: Transaction,
    account_ids: Annotated[list[IdIn], Query(max_length=500)] = [],  # noqa: B006
) -> NothingOut:
    """Take people off a list; they may be named in the body or in the address."""
    await service.remove(session, id=id, account_id=actor.account_id, member_ids=[*body.account_ids, *account_ids])
    return NothingOut()


@router.get("/accounts/{id}/lists", response_model=list[ListOut])
async def list_lists_with_account(id: PathId, actor: Reader, session: Reading) -> list[ListOut]:
    """Your lists that an account is on."""
    await get_profile(session, id=id)
    return [
        _present(found) for found in await queries.list_own_with(session, account_id=actor.account_id, member_id=id)
    ]


def _present(found: AccountList) -> ListOut:
    return ListOut(
        id=found.id,
        title=found.title,
        replies_policy=found.replies_policy,
        exclusive=found.exclusive,
    )
