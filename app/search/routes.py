"""/api/v2/search and /api/v1/accounts/search of Mastodon's. Searching timelines and jobs has modules of its own."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.kit.clock import now
from app.kit.http import CurrentSite, Cursor, Reading
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, Caller, requires, tells
from app.reading.present_account import present_account
from app.reading.present_tag import present_tag
from app.reading.schemas import AccountOut
from app.search.access import Index, searcher
from app.search.everything import (
    Wanted,
    find_statuses,
    find_tags,
    is_address,
    local_name,
    names_one_thing,
    open_address,
)
from app.search.people import list_people
from app.search.schemas import SearchOut

router = APIRouter(tags=["search"])

_FURTHEST_OFFSET = 200


@router.get("/api/v2/search", response_model=SearchOut, dependencies=[tells("read:search")])
async def search_everything(
    caller: Caller,
    session: Reading,
    site: CurrentSite,
    index: Index,
    q: Annotated[str, Query(min_length=1, max_length=500, description="Words, a name, a #topic, or an address.")],
    type: Annotated[Literal["accounts", "hashtags", "statuses"] | None, Query(description="Only these.")] = None,
    limit: Annotated[int, Query(ge=0, description="How many of each; 40 at most.")] = 20,
    offset: Annotated[int, Query(ge=0, le=_FURTHEST_OFFSET, description="Skip so many; with `type` only.")] = 0,
    max_id: Annotated[Cursor, Query(description="Posts older than this id.")] = None,
    min_id: Annotated[Cursor, Query(description="Posts newer than this id.")] = None,
    account_id: Annotated[IdIn | None, Query(description="Posts of this account alone.")] = None,
    following: Annotated[bool, Query(description="Only people you follow.")] = False,
    resolve: Annotated[bool, Query(description="There are no other servers to ask: ignored.")] = False,
    exclude_unreviewed: Annotated[bool, Query(description="Topics are not reviewed: ignored.")] = False,
) -> SearchOut:
    """People, topics and posts at once. An address of ours opens what it names."""
    viewer_id = searcher(caller)
    if is_address(q):
        named = await open_address(session, query=q, viewer_id=viewer_id, site=site)
        accounts = [present_account(named.profile, site=site)] if named.profile and type in (None, "accounts") else []
        statuses = [named.status] if named.status and type in (None, "statuses") else []
        return SearchOut(accounts=accounts, statuses=statuses, hashtags=[])
    wanted = Wanted(q, min(limit, 40), offset if type else 0, max_id, min_id, account_id)
    found = SearchOut(accounts=[], statuses=[], hashtags=[])
    if type in (None, "accounts"):
        found.accounts.extend(await _people(session, wanted, viewer_id, following, site))
    if type in (None, "hashtags"):
        tags = await find_tags(session, wanted=wanted, viewer_id=viewer_id, now=now())
        found.hashtags.extend(present_tag(tag.name, tag.history, site=site, following=tag.following) for tag in tags)
    if type == "statuses" or (type is None and not names_one_thing(q)):
        found.statuses.extend(await find_statuses(session, index, wanted=wanted, viewer_id=viewer_id, site=site))
    return found


@router.get("/api/v1/accounts/search", response_model=list[AccountOut])
async def search_accounts(
    actor: Annotated[Actor, requires("read:accounts")],
    session: Reading,
    site: CurrentSite,
    q: Annotated[str, Query(max_length=200, description="The beginning of a name, or words of a profile.")] = "",
    limit: Annotated[int, Query(ge=0, description="How many; 80 at most.")] = 40,
    offset: Annotated[int, Query(ge=0, le=_FURTHEST_OFFSET, description="Skip so many.")] = 0,
    following: Annotated[bool, Query(description="Only people you follow.")] = False,
    resolve: Annotated[bool, Query(description="There are no other servers to ask: ignored.")] = False,
) -> list[AccountOut]:
    """People by name and profile, as when an app completes a mention."""
    return await _people(session, Wanted(q, min(limit, 80), offset), actor.account_id, following, site)


async def _people(
    session: AsyncSession, wanted: Wanted, viewer_id: int | None, following: bool, site: Site
) -> list[AccountOut]:
    if not wanted.limit:
        return []
    ids = await list_people(
        session,
        query=local_name(wanted.text, site=site),
        viewer_id=viewer_id,
        following=following and viewer_id is not None,
        limit=wanted.limit,
        offset=wanted.offset,
    )
    profiles = await load_profiles(session, ids=ids)
    return [present_account(profiles[id], site=site) for id in ids if id in profiles]
