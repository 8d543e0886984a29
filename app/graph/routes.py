"""Follow, unfollow, relationships, followers and following."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile, load_profiles
from app.graph import queries, service
from app.graph.schemas import FollowOptions
from app.kit.http import CurrentSite, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, requires
from app.reading.present_account import present_account, present_relationship
from app.reading.schemas import AccountOut, RelationshipOut

router = APIRouter(prefix="/api/v1/accounts", tags=["follows"])

AccountsPage = Annotated[Page, page_of(default=40, most=80)]


@router.post("/{id}/follow", response_model=RelationshipOut)
async def follow_account(
    id: PathId, body: FollowOptions, actor: Annotated[Actor, requires("write:follows")], session: Transaction
) -> RelationshipOut:
    """Follow an account, or change how you follow it. Nobody is asked."""
    await service.follow(session, follower_id=actor.account_id, followee_id=id, options=body)
    return (await _relationships(session, actor.account_id, [id]))[0]


@router.post("/{id}/unfollow", response_model=RelationshipOut)
async def unfollow_account(
    id: PathId, actor: Annotated[Actor, requires("write:follows")], session: Transaction
) -> RelationshipOut:
    """Stop following an account."""
    await service.unfollow(session, follower_id=actor.account_id, followee_id=id)
    return (await _relationships(session, actor.account_id, [id]))[0]


@router.get("/relationships", response_model=list[RelationshipOut])
async def list_relationships(
    actor: Annotated[Actor, requires("read:follows")],
    session: Reading,
    ids: Annotated[list[IdIn], Query(alias="id[]", max_length=80)] = [],  # noqa: B006 (FastAPI copies it)
    id: Annotated[list[IdIn], Query(max_length=80)] = [],  # noqa: B006
) -> list[RelationshipOut]:
    """How you and these accounts stand to each other (80 at most)."""
    return await _relationships(session, actor.account_id, [*ids, *id])


@router.get("/{id}/followers", response_model=list[AccountOut])
async def list_followers(
    id: PathId, session: Reading, site: CurrentSite, page: AccountsPage, request: Request, response: Response
) -> list[AccountOut]:
    """Who follows an account."""
    await get_profile(session, id=id)
    ids = await queries.page_followers(session, followee_id=id, page=page)
    return await _accounts(session, ids, site, request, response)


@router.get("/{id}/following", response_model=list[AccountOut])
async def list_following(
    id: PathId, session: Reading, site: CurrentSite, page: AccountsPage, request: Request, response: Response
) -> list[AccountOut]:
    """Whom an account follows."""
    await get_profile(session, id=id)
    ids = await queries.page_following(session, follower_id=id, page=page)
    return await _accounts(session, ids, site, request, response)


async def _relationships(session: AsyncSession, account_id: int, ids: list[int]) -> list[RelationshipOut]:
    standings = await queries.load_standings(session, account_id=account_id, ids=ids)
    return [present_relationship(standings[id]) for id in dict.fromkeys(ids) if id in standings]


async def _accounts(
    session: AsyncSession, ids: Sequence[int], site: Site, request: Request, response: Response
) -> list[AccountOut]:
    profiles = await load_profiles(session, ids=ids)
    if ids:
        response.headers.update(link_header(request, site, older_than=ids[-1], newer_than=ids[0]))
    return [present_account(profiles[id], site=site) for id in ids if id in profiles]
