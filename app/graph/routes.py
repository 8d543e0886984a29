"""How accounts stand to each other, over HTTP: one piece, at some 270 lines, as all of it answers with accounts
or with a relationship."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile, load_profiles
from app.graph import keeping_away, marks, queries, service
from app.graph.schemas import FollowOptions, MuteOptions, NoteText
from app.kit.clock import now
from app.kit.http import CurrentReplicas, CurrentSite, Links, PageLinks, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires
from app.reading.people import read_accounts
from app.reading.present_account import present_muted_account, present_relationship
from app.reading.schemas import AccountOut, MutedAccountOut, RelationshipOut

router = APIRouter(prefix="/api/v1", tags=["follows"])

AccountsPage = Annotated[Page, page_of(default=40, most=80)]
Follower = Annotated[Actor, requires("write:follows")]
Blocker = Annotated[Actor, requires("write:blocks")]
Muter = Annotated[Actor, requires("write:mutes")]
Owner = Annotated[Actor, requires("write:accounts")]


@router.post("/accounts/{id}/follow", response_model=RelationshipOut)
async def follow_account(id: PathId, body: FollowOptions, actor: Follower, session: Transaction) -> RelationshipOut:
    """Follow an account, or change how you follow it. A locked account is asked first: then `requested` is true."""
    await service.follow(session, follower_id=actor.account_id, followee_id=id, options=body)
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/unfollow", response_model=RelationshipOut)
async def unfollow_account(id: PathId, actor: Follower, session: Transaction) -> RelationshipOut:
    """Stop following an account, or take back the request to."""
    me = actor.account_id
    await service.unfollow(session, follower_id=me, followee_id=id, actor_id=me)
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/remove_from_followers", response_model=RelationshipOut)
async def remove_follower(id: PathId, actor: Follower, session: Transaction) -> RelationshipOut:
    """Make an account stop following you. It is not told, and may follow again."""
    me = actor.account_id
    await service.unfollow(session, follower_id=id, followee_id=me, actor_id=me)
    return await _relationship(session, actor, id)


@router.get("/accounts/relationships", response_model=list[RelationshipOut])
async def list_relationships(
    actor: Annotated[Actor, requires("read:follows")],
    session: Reading,
    id: Annotated[list[IdIn], Query(max_length=80)] = [],  # noqa: B006 (FastAPI copies it)
    with_suspended: Annotated[bool, Query(description="Also tell of suspended accounts.")] = False,
) -> list[RelationshipOut]:
    """How you and these accounts stand to each other (80 at most)."""
    asked = list(dict.fromkeys(id))
    standings = await queries.load_standings(
        session, account_id=actor.account_id, ids=asked, with_suspended=with_suspended
    )
    return [present_relationship(standings[id]) for id in asked if id in standings]


class FollowsReader:
    """What both lists of an account's follows need, for strangers from a replica."""

    def __init__(
        self,
        id: PathId,
        viewer_id: ViewerId,
        session: Reading,
        replicas: CurrentReplicas,
        site: CurrentSite,
        page: AccountsPage,
        links: Links,
    ) -> None:
        self.id, self.viewer_id, self.page = id, viewer_id, page
        self._session, self._replicas, self._site, self._links = session, replicas, site, links

    async def answer(self, entries: Callable[[AsyncSession], Awaitable[Sequence[queries.Entry]]]) -> list[AccountOut]:
        """The people in `entries`; nobody where the account hides them or blocks who asks."""

        async def read(session: AsyncSession) -> list[AccountOut]:
            profile = await get_profile(session, id=self.id)
            if not await queries.may_list_follows(session, account=profile.account, viewer_id=self.viewer_id):
                return []
            return await _accounts(session, await entries(session), self._site, self._links, self.page)

        return await (self._replicas.read(read) if self.viewer_id is None else read(self._session))


Follows = Annotated[FollowsReader, Depends(FollowsReader)]


@router.get("/accounts/{id}/followers", response_model=list[AccountOut])
async def list_followers(follows: Follows) -> list[AccountOut]:
    """Who follows an account, latest first. Nobody is told where the account hides it or blocks you."""
    id, viewer_id, page = follows.id, follows.viewer_id, follows.page
    return await follows.answer(lambda s: queries.page_followers(s, followee_id=id, viewer_id=viewer_id, page=page))


@router.get("/accounts/{id}/following", response_model=list[AccountOut])
async def list_following(follows: Follows) -> list[AccountOut]:
    """Whom an account follows, latest first. Nobody is told where the account hides it or blocks you."""
    id, viewer_id, page = follows.id, follows.viewer_id, follows.page
    return await follows.answer(lambda s: queries.page_following(s, follower_id=id, viewer_id=viewer_id, page=page))


# --- Requests to follow --------------------------------------------------------------------------


@router.get("/follow_requests", response_model=list[AccountOut])
async def list_follow_requests(
    actor: Annotated[Actor, requires("read:follows")],
    session: Reading,
    site: CurrentSite,
    page: AccountsPage,
    links: Links,
) -> list[AccountOut]:
    """Who waits for you to let them follow, latest first."""
    entries = await queries.page_follow_requests(session, account_id=actor.account_id, page=page)
    return await _accounts(session, entries, site, links, page)


@router.post("/follow_requests/{id}/authorize", response_model=RelationshipOut)
async def authorize_follow_request(id: PathId, actor: Follower, session: Transaction) -> RelationshipOut:
    """Let an account follow you; `id` is the account's."""
    await service.authorize(session, account_id=actor.account_id, follower_id=id)
    return await _relationship(session, actor, id)


@router.post("/follow_requests/{id}/reject", response_model=RelationshipOut)
async def reject_follow_request(id: PathId, actor: Follower, session: Transaction) -> RelationshipOut:
    """Do not let an account follow you; `id` is the account's. It is not told."""
    await service.reject(session, account_id=actor.account_id, follower_id=id)
    return await _relationship(session, actor, id)


# --- Blocks and mutes ----------------------------------------------------------------------------


@router.post("/accounts/{id}/block", response_model=RelationshipOut)
async def block_account(id: PathId, actor: Blocker, session: Transaction) -> RelationshipOut:
    """Block an account: neither of you meets the other any more, and follows between you end."""
    await keeping_away.block(session, account_id=actor.account_id, target_id=id)
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/unblock", response_model=RelationshipOut)
async def unblock_account(id: PathId, actor: Blocker, session: Transaction) -> RelationshipOut:
    """Block an account no longer. Follows that ended do not come back."""
    await keeping_away.unblock(session, account_id=actor.account_id, target_id=id)
    return await _relationship(session, actor, id)


@router.get("/blocks", response_model=list[AccountOut])
async def list_blocks(
    actor: Annotated[Actor, requires("read:blocks")],
    session: Reading,
    site: CurrentSite,
    page: AccountsPage,
    links: Links,
) -> list[AccountOut]:
    """Whom you block, latest first."""
    entries = await queries.page_blocked(session, account_id=actor.account_id, page=page)
    return await _accounts(session, entries, site, links, page)


@router.post("/accounts/{id}/mute", response_model=RelationshipOut)
async def mute_account(id: PathId, body: MuteOptions, actor: Muter, session: Transaction) -> RelationshipOut:
    """Mute an account: you do not meet its posts nor, unless you say so, hear of what it does. It is not told."""
    await keeping_away.mute(session, account_id=actor.account_id, target_id=id, options=body, now=now())
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/unmute", response_model=RelationshipOut)
async def unmute_account(id: PathId, actor: Muter, session: Transaction) -> RelationshipOut:
    """Mute an account no longer."""
    await keeping_away.unmute(session, account_id=actor.account_id, target_id=id)
    return await _relationship(session, actor, id)


@router.get("/mutes", response_model=list[MutedAccountOut])
async def list_mutes(
    actor: Annotated[Actor, requires("read:mutes")],
    session: Reading,
    site: CurrentSite,
    page: AccountsPage,
    links: Links,
) -> list[MutedAccountOut]:
    """Whom you mute, latest first, and until when."""
    entries = await queries.page_muted(session, account_id=actor.account_id, page=page)
    links.tell([cursor for cursor, _ in entries], page)
    ids = [id for _, id in entries]
    profiles = await load_profiles(session, ids=ids)
    mutes = await queries.load_mutes(session, account_id=actor.account_id, target_ids=ids)
    return [
        present_muted_account(profiles[id], site=site, expires_at=mutes[id].expires_at)
        for id in ids
        if id in profiles and id in mutes
    ]


# --- Notes and endorsements ----------------------------------------------------------------------


@router.post("/accounts/{id}/note", response_model=RelationshipOut)
async def write_account_note(id: PathId, body: NoteText, actor: Owner, session: Transaction) -> RelationshipOut:
    """Write down something about an account, which you alone can read. An empty `comment` forgets it."""
    await marks.write_note(session, account_id=actor.account_id, target_id=id, comment=body.comment or "")
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/endorse", response_model=RelationshipOut)
@router.post("/accounts/{id}/pin", response_model=RelationshipOut, name="pin_account")
async def endorse_account(id: PathId, actor: Owner, session: Transaction) -> RelationshipOut:
    """Show an account you follow on your profile."""
    await marks.endorse(session, account_id=actor.account_id, target_id=id)
    return await _relationship(session, actor, id)


@router.post("/accounts/{id}/unendorse", response_model=RelationshipOut)
@router.post("/accounts/{id}/unpin", response_model=RelationshipOut, name="unpin_account")
async def unendorse_account(id: PathId, actor: Owner, session: Transaction) -> RelationshipOut:
    """Show an account on your profile no longer."""
    await marks.withdraw_endorsement(session, account_id=actor.account_id, target_id=id)
    return await _relationship(session, actor, id)


@router.get("/endorsements", response_model=list[AccountOut])
async def list_own_endorsements(
    actor: Annotated[Actor, requires("read:accounts")],
    session: Reading,
    site: CurrentSite,
    page: AccountsPage,
    links: Links,
) -> list[AccountOut]:
    """Whom you show on your profile, latest first."""
    me = actor.account_id
    entries = await queries.page_endorsed(session, account_id=me, viewer_id=me, page=page)
    return await _accounts(session, entries, site, links, page)


@router.get("/accounts/{id}/endorsements", response_model=list[AccountOut])
async def list_endorsements(
    id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite, page: AccountsPage, links: Links
) -> list[AccountOut]:
    """Whom an account shows on its profile, latest first."""
    await get_profile(session, id=id)
    if await queries.is_blocked(session, by=id, target_id=viewer_id):
        return []
    entries = await queries.page_endorsed(session, account_id=id, viewer_id=viewer_id, page=page)
    return await _accounts(session, entries, site, links, page)


async def _relationship(session: AsyncSession, actor: Actor, id: int) -> RelationshipOut:
    standings = await queries.load_standings(session, account_id=actor.account_id, ids=[id], with_suspended=True)
    return present_relationship(standings[id])


async def _accounts(
    session: AsyncSession, entries: Sequence[queries.Entry], site: Site, links: PageLinks, page: Page
) -> list[AccountOut]:
    links.tell([cursor for cursor, _ in entries], page)
    return await read_accounts(session, ids=[id for _, id in entries], site=site)
