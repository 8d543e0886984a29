"""Favourite, bookmark, pin and mute a post; one's lists of these; who did the same."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.interactions import queries, service
from app.kit.http import CurrentSite, Links, PathId, Reading, Transaction, link_header, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.oauth.actor import Actor, ViewerId, requires
from app.posts.queries import get_visible_original
from app.reading.people import read_accounts
from app.reading.pipeline import Timeline, hydrated_by, read_marked, read_status
from app.reading.rules import visible
from app.reading.schemas import AccountOut, StatusOut

router = APIRouter(prefix="/api/v1", tags=["interactions"])

Liker = Annotated[Actor, requires("write:favourites")]
Keeper = Annotated[Actor, requires("write:bookmarks")]
Owner = Annotated[Actor, requires("write:accounts")]
Muter = Annotated[Actor, requires("write:mutes")]
PostsPage = Annotated[Page, page_of(default=20, most=40)]
AccountsPage = Annotated[Page, page_of(default=40, most=80)]


@router.post("/statuses/{id}/favourite", response_model=StatusOut)
async def favourite_status(id: PathId, actor: Liker, session: Transaction, site: CurrentSite) -> StatusOut:
    """Like a post; its author is told. Liking a repost likes its original."""
    post = await service.like(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/unfavourite", response_model=StatusOut)
async def unfavourite_status(id: PathId, actor: Liker, session: Transaction, site: CurrentSite) -> StatusOut:
    """Take a like back."""
    post = await service.unlike(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/bookmark", response_model=StatusOut)
async def bookmark_status(id: PathId, actor: Keeper, session: Transaction, site: CurrentSite) -> StatusOut:
    """Keep a post for yourself; nobody is told."""
    post = await service.bookmark(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/unbookmark", response_model=StatusOut)
async def unbookmark_status(id: PathId, actor: Keeper, session: Transaction, site: CurrentSite) -> StatusOut:
    """Keep a post no longer."""
    post = await service.unbookmark(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/pin", response_model=StatusOut)
async def pin_status(id: PathId, actor: Owner, session: Transaction, site: CurrentSite) -> StatusOut:
    """Let your own post stand first on your profile, with four others at most."""
    post = await service.pin(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/unpin", response_model=StatusOut)
async def unpin_status(id: PathId, actor: Owner, session: Transaction, site: CurrentSite) -> StatusOut:
    """Unpin a post."""
    post = await service.unpin(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/mute", response_model=StatusOut)
async def mute_conversation(id: PathId, actor: Muter, session: Transaction, site: CurrentSite) -> StatusOut:
    """Hear no more of the thread this post is in."""
    post = await service.mute_conversation(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.post("/statuses/{id}/unmute", response_model=StatusOut)
async def unmute_conversation(id: PathId, actor: Muter, session: Transaction, site: CurrentSite) -> StatusOut:
    """Hear of the thread again."""
    post = await service.unmute_conversation(session, account_id=actor.account_id, post_id=id)
    return await read_status(session, id=post.id, viewer_id=actor.account_id, site=site)


@router.get("/favourites", response_model=list[StatusOut])
async def list_favourites(
    actor: Annotated[Actor, requires("read:favourites")],
    session: Reading,
    site: CurrentSite,
    page: PostsPage,
    request: Request,
    response: Response,
) -> list[StatusOut]:
    """Posts you like, the last liked first. The cursors in `Link` are not ids of posts."""
    found = await _marked(session, queries.page_likes, actor.account_id, page)
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    return found.present(site=site)


@router.get("/bookmarks", response_model=list[StatusOut])
async def list_bookmarks(
    actor: Annotated[Actor, requires("read:bookmarks")],
    session: Reading,
    site: CurrentSite,
    page: PostsPage,
    request: Request,
    response: Response,
) -> list[StatusOut]:
    """Posts you keep, the last kept first. The cursors in `Link` are not ids of posts."""
    found = await _marked(session, queries.page_bookmarks, actor.account_id, page)
    response.headers.update(link_header(request, site, older_than=found.older_than, newer_than=found.newer_than))
    return found.present(site=site)


@router.get("/statuses/{id}/favourited_by", response_model=list[AccountOut])
async def list_likers(
    id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite, page: AccountsPage, links: Links
) -> list[AccountOut]:
    """Who likes a post. The cursors in `Link` are not ids of accounts."""
    post = await get_visible_original(session, id=id, viewer_id=viewer_id)
    found = await queries.page_likers(session, post_id=post.id, viewer_id=viewer_id, page=page)
    return await _accounts(session, found, page, links, site)


@router.get("/statuses/{id}/reblogged_by", response_model=list[AccountOut])
async def list_reposters(
    id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite, page: AccountsPage, links: Links
) -> list[AccountOut]:
    """Who reposted a post. The cursors in `Link` are not ids of accounts."""
    post = await get_visible_original(session, id=id, viewer_id=viewer_id)
    found = await queries.page_reposters(session, post_id=post.id, viewer_id=viewer_id, page=page)
    return await _accounts(session, found, page, links, site)


async def _marked(
    session: AsyncSession, page_of_marks: Callable[..., Awaitable[queries.Entries]], account_id: int, page: Page
) -> Timeline:
    async def skeleton(part: Page) -> queries.Entries:
        return await page_of_marks(session, account_id=account_id, page=part)

    return await read_marked(hydrated_by(session), skeleton=skeleton, page=page, rule=visible, viewer_id=account_id)


async def _accounts(
    session: AsyncSession, found: Sequence[tuple[int, int]], page: Page, links: Links, site: Site
) -> list[AccountOut]:
    links.tell([cursor for cursor, _ in found], page)
    return await read_accounts(session, ids=[id for _, id in found], site=site)
