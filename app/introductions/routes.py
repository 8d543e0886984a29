"""Who can introduce you to whom, and asking them to."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from app.introductions import queries, service
from app.introductions.paths import find_ways, list_targets
from app.introductions.present import present_funnel, present_introductions, present_ways
from app.introductions.rules import Role
from app.introductions.schemas import (
    Declining,
    Forwarding,
    FunnelOut,
    IntroductionCreate,
    IntroductionOut,
    PathOut,
    PreferencesOut,
    PreferencesUpdate,
    State,
)
from app.kit import idempotency
from app.kit.clock import now
from app.kit.http import CurrentSite, IdempotencyKey, Links, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.kit.wire import IdIn
from app.oauth.actor import Actor, requires

router = APIRouter(prefix="/api/weizhi/v1/introductions", tags=["introductions"])

Reader = Annotated[Actor, requires("read:introductions")]
Writer = Annotated[Actor, requires("write:introductions")]
ROLES: Mapping[str, Role] = {"from": "asker", "via": "introducer", "to": "target"}


def _limits(request: Request) -> service.Limits:
    settings = request.app.state.resources.settings
    return service.Limits(settings.introductions_open, settings.introductions_per_day)


CurrentLimits = Annotated[service.Limits, Depends(_limits)]


@router.get("/paths", response_model=list[PathOut])
async def list_introduction_paths(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    account_id: Annotated[IdIn | None, Query(description="This person.")] = None,
    organization_id: Annotated[
        IdIn | None, Query(description="Somebody of this organisation: who published one of its open jobs.")
    ] = None,
    job_id: Annotated[IdIn | None, Query(description="Who published this job.")] = None,
) -> list[PathOut]:
    """Who can introduce you to a person or an organisation: at most 20 ways, the best first.

    You follow the first of a way; each of the others follows the one before. Shortest ways come first, of those the
    strongest. Nobody is shown who hides whom they follow, does not introduce people, or keeps you or somebody else on
    the way apart; and of very many follows the latest and strongest are looked at.
    """
    targets = await list_targets(
        session, asker_id=actor.account_id, account_id=account_id, organization_id=organization_id, job_id=job_id
    )
    ways = await find_ways(session, asker_id=actor.account_id, target_ids=targets, now=now())
    return await present_ways(session, ways, site=site)


@router.get("/preferences", response_model=PreferencesOut)
async def get_introduction_preferences(actor: Reader, session: Reading) -> PreferencesOut:
    """Who may ask you to introduce them, and whether people may be introduced to you."""
    found = await queries.find_preference(session, account_id=actor.account_id)
    return PreferencesOut(may_ask=found.may_ask, may_reach=found.may_reach) if found else PreferencesOut()


@router.patch("/preferences", response_model=PreferencesOut)
async def update_introduction_preferences(
    body: PreferencesUpdate, actor: Writer, session: Transaction
) -> PreferencesOut:
    """Change who may ask you. What you were asked before stays."""
    await service.prefer(session, account_id=actor.account_id, request=body)
    return await get_introduction_preferences(actor, session)


@router.get("/funnel", response_model=FunnelOut)
async def get_introduction_funnel(actor: Reader, session: Reading, site: CurrentSite) -> FunnelOut:
    """What became of the introductions you asked for, and what you did with those you were asked for."""
    me, since = actor.account_id, queries.since_a_year(now())
    return await present_funnel(
        session,
        await queries.count_asked(session, asker_id=me, since=since),
        await queries.list_through(session, asker_id=me, since=since),
        await queries.get_record(session, account_id=me, since=since),
        site=site,
    )


@router.post("", response_model=IntroductionOut)
async def create_introduction(
    body: IntroductionCreate,
    actor: Writer,
    session: Transaction,
    site: CurrentSite,
    limits: CurrentLimits,
    idempotency_key: IdempotencyKey = None,
) -> IntroductionOut:
    """Ask to be introduced, along a way that paths show. One at a time for each person; few a day; for 30 days not by
    who declined, nor to them.

    It lies with the first you ask for 14 days, and as long with everyone it goes on to.
    """

    async def ask() -> int:
        return await service.request(session, asker_id=actor.account_id, request=body, limits=limits, now=now())

    id = await idempotency.once(
        session,
        ask,
        account_id=actor.account_id,
        operation="introductions",
        key=idempotency_key,
        request=body.model_dump(),
    )
    return await get_introduction(id, actor, session, site)


@router.get("", response_model=list[IntroductionOut])
async def list_introductions(
    actor: Reader,
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=20, most=40)],
    links: Links,
    role: Annotated[
        Literal["from", "via", "to"], Query(description="Those you asked for, are asked for, or that came to you.")
    ] = "from",
    state: Annotated[State | None, Query(description="In this state alone.")] = None,
) -> list[IntroductionOut]:
    """Introductions in which you play a part, newest first. What has not come to you yet is not there."""
    found = await queries.page_introductions(
        session, account_id=actor.account_id, role=ROLES[role], state=state, page=page
    )
    links.tell([one.row.id for one in found], page)
    return await present_introductions(session, found, site=site)


@router.get("/{id}", response_model=IntroductionOut)
async def get_introduction(id: PathId, actor: Reader, session: Reading, site: CurrentSite) -> IntroductionOut:
    """One introduction, as your part in it lets you see it."""
    told = await queries.get_introduction(session, id=id, viewer_id=actor.account_id)
    return (await present_introductions(session, [told], site=site))[0]


@router.post("/{id}/forward", response_model=IntroductionOut)
async def forward_introduction(
    id: PathId, body: Forwarding, actor: Writer, session: Transaction, site: CurrentSite
) -> IntroductionOut:
    """Introduce: pass it on to the next, or to whom it is for, with a word for them alone."""
    await service.forward(session, id=id, actor_id=actor.account_id, note=body.note, now=now())
    return await get_introduction(id, actor, session, site)


@router.post("/{id}/accept", response_model=IntroductionOut)
async def accept_introduction(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> IntroductionOut:
    """Say yes to meeting who asked. They and who introduced them are told."""
    await service.accept(session, id=id, actor_id=actor.account_id, now=now())
    return await get_introduction(id, actor, session, site)


@router.post("/{id}/decline", response_model=IntroductionOut)
async def decline_introduction(
    id: PathId, body: Declining, actor: Writer, session: Transaction, site: CurrentSite
) -> IntroductionOut:
    """Say no, to introducing or to meeting them. Who asked is told that, and never why."""
    await service.decline(session, id=id, actor_id=actor.account_id, reason=body.reason, now=now())
    return await get_introduction(id, actor, session, site)


@router.post("/{id}/withdraw", response_model=IntroductionOut)
async def withdraw_introduction(id: PathId, actor: Writer, session: Transaction, site: CurrentSite) -> IntroductionOut:
    """Take back what you asked for, while nobody has answered."""
    await service.withdraw(session, id=id, actor_id=actor.account_id, now=now())
    return await get_introduction(id, actor, session, site)
