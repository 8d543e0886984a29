"""Home, public and account timelines."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import get_profile
from app.kit.http import CurrentReplicas, CurrentSite, PathId, Reading, link_header, page_of
from app.kit.pagination import Page
from app.lists.queries import get_own_list
from app.oauth.actor import Actor, ViewerId, requires
from app.posts.text import fold_tag
from app.reading.pipeline import Timeline, hydrated_by
from app.reading.rules import findable, in_public
from app.reading.schemas import ContextOut, StatusOut
from app.tags.rules import plain_name, topic_of
from app.timeline import sources
from app.timeline.calm import Order, Orders
from app.timeline.home import Home
from app.timeline.origins import LoadedOrigins
from app.timeline.read import read_source
from app.timeline.skeletons import Tagged
from app.timeline.sources import Source
from app.timeline.thread import read_context

router = APIRouter(prefix="/api/v1", tags=["timelines"])


def _home(request: Request) -> Home:
    home: Home = request.app.state.resources.home
    return home


def _orders(request: Request) -> Orders:
    orders: Orders = request.app.state.resources.orders
    return orders


class TimelineReader:
    """What every timeline route needs: a session, the site, and the page asked for."""

    def __init__(
        self,
        request: Request,
        response: Response,
        session: Reading,
        replicas: CurrentReplicas,
        site: CurrentSite,
        page: Annotated[Page, page_of(default=sources.DEFAULT, most=sources.MOST)],
    ) -> None:
        self.session, self.page = session, page
        self._replicas = replicas
        self._request, self._response, self._site = request, response, site

    async def answer(self, source: Source, viewer_id: int | None) -> list[StatusOut]:
        """Read the page, for strangers from a replica, and link it to its neighbours."""

        async def read(session: AsyncSession) -> Timeline:
            return await read_source(
                source,
                hydrated_by(session),
                reading=lambda: nullcontext(session),
                origins=LoadedOrigins(session),
                page=self.page,
                viewer_id=viewer_id,
            )

        timeline = await (self._replicas.read(read) if viewer_id is None else read(self.session))
        links = link_header(self._request, self._site, older_than=timeline.older_than, newer_than=timeline.newer_than)
        self._response.headers.update(links)
        return timeline.present(site=self._site)


Reader = Annotated[TimelineReader, Depends(TimelineReader)]


@router.get("/timelines/home", response_model=list[StatusOut])
async def home_timeline(
    actor: Annotated[Actor, requires("read:statuses")],
    reader: Reader,
    home: Annotated[Home, Depends(_home)],
    orders: Annotated[Orders, Depends(_orders)],
    order: Annotated[
        Order | None,
        Query(description="`calm`: without floods, see `weizhi.calm` of each status. Absent: as you prefer."),
    ] = None,
) -> list[StatusOut]:
    """Posts of the people you follow, and your own, newest first."""
    calm = orders.calm(order, actor.home_order)
    return await reader.answer(sources.home(home, actor.account_id, calm), actor.account_id)


@router.get("/timelines/public", response_model=list[StatusOut])
async def public_timeline(
    viewer_id: ViewerId,
    reader: Reader,
    local: Annotated[bool, Query(description="Only posts of this service: all are.")] = False,
    remote: Annotated[bool, Query(description="Only posts of other services: there are none.")] = False,
    only_media: Annotated[bool, Query(description="Only posts with media.")] = False,
) -> list[StatusOut]:
    """Everyone's public posts, newest first."""
    source = sources.nothing(in_public) if remote and not local else sources.public(only_media=only_media)
    return await reader.answer(source, viewer_id)


def _topic(hashtag: Annotated[str, Path(max_length=110)]) -> str:
    return topic_of(hashtag)


# Mastodon takes so many of each.
Topics = Annotated[list[Annotated[str, Field(max_length=110)]], Query(max_length=20)]


@router.get("/timelines/tag/{hashtag}", response_model=list[StatusOut])
async def tag_timeline(
    hashtag: Annotated[str, Depends(_topic)],
    viewer_id: ViewerId,
    reader: Reader,
    any: Annotated[Topics, Query(description="Or with one of these; 4 count.")] = [],  # noqa: B006
    all: Annotated[Topics, Query(description="And with all of these; 4 count.")] = [],  # noqa: B006
    none: Annotated[Topics, Query(description="And with none of these; 4 count.")] = [],  # noqa: B006
    local: Annotated[bool, Query(description="Only posts of this service: all are.")] = False,
    remote: Annotated[bool, Query(description="Only posts of other services: there are none.")] = False,
    only_media: Annotated[bool, Query(description="Only posts with media.")] = False,
) -> list[StatusOut]:
    """Public posts with a topic, newest first."""
    wanted = Tagged((hashtag, *_some(any)), _some(all), _some(none), only_media)
    source = sources.nothing(findable) if remote and not local else sources.tagged(wanted)
    return await reader.answer(source, viewer_id)


def _some(names: Sequence[str]) -> tuple[str, ...]:
    # What cannot be a topic is on no post: as a word of its own it would be found on none either.
    return tuple(fold_tag(plain_name(name) or name) for name in names[:4])


@router.get("/timelines/list/{id}", response_model=list[StatusOut])
async def list_timeline(id: PathId, actor: Annotated[Actor, requires("read:lists")], reader: Reader) -> list[StatusOut]:
    """Posts of those on one of your lists, newest first."""
    found = await get_own_list(reader.session, id=id, account_id=actor.account_id)
    return await reader.answer(sources.listed(found), actor.account_id)


@router.get("/accounts/{id}/statuses", response_model=list[StatusOut])
async def account_timeline(
    id: PathId,
    viewer_id: ViewerId,
    reader: Reader,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    pinned: Annotated[bool, Query(description="Only pinned posts, the last pinned first.")] = False,
    only_media: Annotated[bool, Query(description="Only posts with media.")] = False,
    tagged: Annotated[str | None, Query(max_length=110, description="Only posts with this topic.")] = None,
) -> list[StatusOut]:
    """One account's posts, newest first, as far as you may see them."""
    await get_profile(reader.session, id=id)
    if pinned:
        return await reader.answer(sources.pinned(id), viewer_id)
    source = sources.of_author(
        id,
        viewer_id,
        exclude_replies=exclude_replies,
        exclude_reblogs=exclude_reblogs,
        only_media=only_media,
        tag=fold_tag(plain_name(tagged) or tagged) if tagged else None,
    )
    return await reader.answer(source, viewer_id)


@router.get("/statuses/{id}/context", response_model=ContextOut, tags=["statuses"])
async def get_context(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> ContextOut:
    """The thread around a post: what it answers, from the first one, and all that answers it, branch by branch."""
    return await read_context(session, id=id, viewer_id=viewer_id, site=site)
