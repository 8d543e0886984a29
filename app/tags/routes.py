"""Topics: their use, following them, showing them on one's profile."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.kit.clock import now
from app.kit.http import CurrentSite, Links, PathId, Reading, Transaction, page_of
from app.kit.pagination import Page
from app.kit.site import Site
from app.oauth.actor import Actor, ViewerId, requires
from app.oauth.schemas import NothingOut
from app.reading.present_tag import present_tag
from app.reading.schemas import TagDetailOut
from app.tags import queries, service
from app.tags.rules import topic_of
from app.tags.schemas import FeaturedTagCreate, FeaturedTagOut

router = APIRouter(prefix="/api/v1", tags=["topics"])

_SUGGESTED = 10


def _topic(name: Annotated[str, Path(max_length=110)]) -> str:
    return topic_of(name)


Topic = Annotated[str, Depends(_topic)]
Follower = Annotated[Actor, requires("write:follows")]
Owner = Annotated[Actor, requires("write:accounts")]


@router.get("/tags/{name}", response_model=TagDetailOut)
async def get_tag(name: Topic, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> TagDetailOut:
    """A topic, whether it was ever used or not, with its use in the last seven days."""
    return (await _present(session, [name], viewer_id, site))[0]


@router.post("/tags/{name}/follow", response_model=TagDetailOut)
async def follow_tag(name: Topic, actor: Follower, session: Transaction, site: CurrentSite) -> TagDetailOut:
    """Follow a topic: public posts with it come home."""
    await service.follow(session, account_id=actor.account_id, tag=name)
    return (await _present(session, [name], actor.account_id, site))[0]


@router.post("/tags/{name}/unfollow", response_model=TagDetailOut)
async def unfollow_tag(name: Topic, actor: Follower, session: Transaction, site: CurrentSite) -> TagDetailOut:
    """Follow a topic no longer."""
    await service.unfollow(session, account_id=actor.account_id, tag=name)
    return (await _present(session, [name], actor.account_id, site))[0]


@router.post("/tags/{name}/feature", response_model=TagDetailOut)
async def feature_tag(name: Topic, actor: Owner, session: Transaction, site: CurrentSite) -> TagDetailOut:
    """Show a topic on your profile."""
    await service.feature(session, account_id=actor.account_id, name=name, twice=True)
    return (await _present(session, [name], actor.account_id, site))[0]


@router.post("/tags/{name}/unfeature", response_model=TagDetailOut)
async def unfeature_tag(name: Topic, actor: Owner, session: Transaction, site: CurrentSite) -> TagDetailOut:
    """Show a topic on your profile no longer."""
    await service.stop_featuring_tag(session, account_id=actor.account_id, tag=name)
    return (await _present(session, [name], actor.account_id, site))[0]


@router.get("/followed_tags", response_model=list[TagDetailOut])
async def list_followed_tags(
    actor: Annotated[Actor, requires("read:follows")],
    session: Reading,
    site: CurrentSite,
    page: Annotated[Page, page_of(default=100, most=200)],
    links: Links,
) -> list[TagDetailOut]:
    """The topics you follow, latest first."""
    entries = await queries.page_followed(session, account_id=actor.account_id, page=page)
    links.tell([cursor for cursor, _ in entries], page)
    return await _present(session, [tag for _, tag in entries], actor.account_id, site)


@router.get("/featured_tags", response_model=list[FeaturedTagOut])
async def list_own_featured_tags(
    actor: Annotated[Actor, requires("read:accounts")], session: Reading, site: CurrentSite
) -> list[FeaturedTagOut]:
    """The topics on your profile."""
    return await _featured(session, actor.account_id, site)


@router.post("/featured_tags", response_model=FeaturedTagOut)
async def create_featured_tag(
    body: FeaturedTagCreate, actor: Owner, session: Transaction, site: CurrentSite
) -> FeaturedTagOut:
    """Show a topic on your profile."""
    id = await service.feature(session, account_id=actor.account_id, name=body.name)
    return next(shown for shown in await _featured(session, actor.account_id, site) if shown.id == id)


@router.get("/featured_tags/suggestions", response_model=list[TagDetailOut])
async def suggest_featured_tags(
    actor: Annotated[Actor, requires("read:accounts")], session: Reading, site: CurrentSite
) -> list[TagDetailOut]:
    """Topics you used most of late, for your profile."""
    tags = await queries.list_used(session, account_id=actor.account_id, limit=_SUGGESTED)
    return await _present(session, tags, actor.account_id, site)


@router.delete("/featured_tags/{id}", response_model=NothingOut)
async def delete_featured_tag(id: PathId, actor: Owner, session: Transaction) -> NothingOut:
    """Show a topic on your profile no longer."""
    await service.stop_featuring(session, account_id=actor.account_id, id=id)
    return NothingOut()


@router.get("/accounts/{id}/featured_tags", response_model=list[FeaturedTagOut])
async def list_featured_tags(id: PathId, session: Reading, site: CurrentSite) -> list[FeaturedTagOut]:
    """The topics on an account's profile."""
    await get_profile(session, id=id)
    return await _featured(session, id, site)


async def _present(session: AsyncSession, tags: Sequence[str], viewer_id: int | None, site: Site) -> list[TagDetailOut]:
    histories = await queries.load_histories(session, tags=tags, now=now())
    if viewer_id is None:
        return [present_tag(tag, histories[tag], site=site, following=None) for tag in tags]
    followed = await queries.load_followed_tags(session, account_id=viewer_id, tags=tags)
    featured = await queries.load_featured_tags(session, account_id=viewer_id, tags=tags)
    return [
        present_tag(tag, histories[tag], site=site, following=tag in followed, featuring=tag in featured)
        for tag in tags
    ]


async def _featured(session: AsyncSession, account_id: int, site: Site) -> list[FeaturedTagOut]:
    owner = (await get_profile(session, id=account_id)).account
    return [
        FeaturedTagOut(
            id=each.id,
            name=each.name,
            url=site.tagged_url(owner.username, each.name),
            statuses_count=str(each.uses),
            last_status_at=each.last_used_at.date().isoformat() if each.last_used_at else None,
        )
        for each in await queries.list_featured(session, account_id=account_id)
    ]
