"""Suggestions, the directory, familiar followers, several accounts by id, oEmbed."""

import re
from collections.abc import Iterable
from html import escape
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import load_profiles
from app.discovery import queries, service
from app.discovery.schemas import FamiliarFollowersOut, OEmbedOut, Source, SuggestionOut
from app.kit.errors import NotFound
from app.kit.http import CurrentSite, PathId, Reading, Transaction, parse_id
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires
from app.oauth.schemas import NothingOut
from app.reading.pipeline import read_status
from app.reading.present_account import present_account
from app.reading.schemas import AccountOut

router = APIRouter(tags=["discovery"])

_MOST = 80
_FAMILIAR_FOLLOWERS = 20
# The word that apps before 4.3 read.
_OLD_WORDS: dict[Source, Literal["past_interactions", "global"]] = {
    "friends_of_friends": "past_interactions",
    "most_followed": "global",
}
_POST_PATH = re.compile(r"/@(\w{1,30})/(\d{1,19})")

Limit = Annotated[int, Query(ge=1, description=f"How many; {_MOST} at most.")]
Ids = Annotated[list[IdIn], Query(alias="id", max_length=_MOST)]


@router.get("/api/v1/accounts", response_model=list[AccountOut])
async def list_accounts(
    session: Reading,
    site: CurrentSite,
    ids: Ids = [],  # noqa: B006 (FastAPI copies it)
) -> list[AccountOut]:
    """Several accounts by id, those that exist (80 at most)."""
    return await _accounts(session, ids, site)


@router.get("/api/v1/accounts/familiar_followers", response_model=list[FamiliarFollowersOut])
async def list_familiar_followers(
    actor: Annotated[Actor, requires("read:follows")],
    session: Reading,
    site: CurrentSite,
    ids: Ids = [],  # noqa: B006
) -> list[FamiliarFollowersOut]:
    """Who of the people you follow follows each of these accounts, as far as they let that be seen."""
    asked = list(dict.fromkeys(ids))
    known = await queries.load_familiar_followers(
        session, account_id=actor.account_id, ids=asked, limit=_FAMILIAR_FOLLOWERS
    )
    shown = {one.id: one for one in await _accounts(session, {id for some in known.values() for id in some}, site)}
    return [
        FamiliarFollowersOut(id=id, accounts=[shown[friend] for friend in known[id] if friend in shown]) for id in asked
    ]


@router.get("/api/v2/suggestions", response_model=list[SuggestionOut])
async def list_suggestions(
    actor: Annotated[Actor, requires("read")], session: Reading, site: CurrentSite, limit: Limit = 40
) -> list[SuggestionOut]:
    """People you may like to follow: those whom many you follow follow, then those most followed."""
    suggested = await _suggestions(session, actor.account_id, min(limit, _MOST))
    return [
        SuggestionOut(source=_OLD_WORDS[suggested[account.id]], sources=[suggested[account.id]], account=account)
        for account in await _accounts(session, suggested, site)
    ]


@router.get("/api/v1/suggestions", response_model=list[AccountOut])
async def list_suggestions_v1(
    actor: Annotated[Actor, requires("read")], session: Reading, site: CurrentSite, limit: Limit = 40
) -> list[AccountOut]:
    """The same people, in the older form."""
    return await _accounts(session, await _suggestions(session, actor.account_id, min(limit, _MOST)), site)


@router.delete("/api/v1/suggestions/{id}", response_model=NothingOut)
async def dismiss_suggestion(id: PathId, actor: Annotated[Actor, requires("read")], session: Transaction) -> NothingOut:
    """Suggest this account no more. (Mastodon asks for no more than `read` here.)"""
    await service.dismiss(session, account_id=actor.account_id, target_id=id)
    return NothingOut()


@router.get("/api/v1/directory", response_model=list[AccountOut])
async def list_directory(
    session: Reading,
    viewer_id: ViewerId,
    site: CurrentSite,
    order: Literal["active", "new"] = "active",
    local: Annotated[bool, Query(description="Only accounts of this service: all are.")] = False,
    limit: Limit = 40,
    offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> list[AccountOut]:
    """Accounts that want to be found: `active` (posted last first) or `new`."""
    ids = await queries.list_directory(
        session, viewer_id=viewer_id, order=order, limit=min(limit, _MOST), offset=offset
    )
    return await _accounts(session, ids, site)


@router.get("/api/oembed", response_model=OEmbedOut)
async def show_oembed(
    url: Annotated[str, Query(min_length=1, max_length=2048)],
    session: Reading,
    site: CurrentSite,
    maxwidth: Annotated[int, Query(ge=1, le=10_000)] = 400,
    maxheight: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> OEmbedOut:
    """A public post, by its address, for showing inside another page. No script comes with it."""
    post = await read_status(session, id=_post_id(url, site), viewer_id=None, site=site)
    author = post.account
    # A content warning stands for what it warns of.
    words = escape(post.spoiler_text) if post.spoiler_text else post.content
    name = escape(author.display_name)
    html = f'<blockquote cite="{escape(post.url)}">{words}<footer>{name}</footer></blockquote>'
    return OEmbedOut(
        title=f"{author.display_name} (@{author.acct})",
        author_name=author.display_name,
        author_url=author.url,
        provider_name=site.title,
        provider_url=site.url,
        html=html,
        width=min(maxwidth, 400),
        height=maxheight,
    )


def _post_id(url: str, site: Site) -> int:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotFound from None
    found = _POST_PATH.fullmatch(parts.path)
    if found is None or parts.netloc.lower() != site.domain.lower():
        raise NotFound
    return parse_id(found[2])


async def _suggestions(session: AsyncSession, account_id: int, limit: int) -> dict[int, Source]:
    friends = await queries.list_friends_of_friends(session, account_id=account_id, limit=limit)
    suggested: dict[int, Source] = dict.fromkeys(friends, "friends_of_friends")
    if len(suggested) < limit:
        # As many as could all be known already.
        for id in await queries.list_most_followed(session, account_id=account_id, limit=limit):
            if len(suggested) < limit:
                suggested.setdefault(id, "most_followed")
    return suggested


async def _accounts(session: AsyncSession, ids: Iterable[int], site: Site) -> list[AccountOut]:
    ids = list(dict.fromkeys(ids))
    profiles = await load_profiles(session, ids=ids)
    return [present_account(profiles[id], site=site) for id in ids if id in profiles]
