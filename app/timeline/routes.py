"""Home, public and account timelines."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.accounts.queries import get_profile
from app.interactions.queries import list_pinned_ids
from app.kit.http import CurrentSite, PathId, Reading, link_header, page_of
from app.kit.pagination import Page
from app.lists.queries import get_own_list
from app.oauth.actor import Actor, ViewerId, requires
from app.reading.pipeline import Skeleton, read_timeline
from app.reading.rules import Rule, at_home, in_list, in_public, on_profile
from app.reading.schemas import ContextOut, StatusOut
from app.timeline.feeds import Feeds
from app.timeline.home import home_skeleton
from app.timeline.skeletons import account_ids, listed_ids, public_ids
from app.timeline.thread import read_context

router = APIRouter(prefix="/api/v1", tags=["timelines"])


def _feeds(request: Request) -> Feeds:
    feeds: Feeds = request.app.state.resources.feeds
    return feeds


class TimelineReader:
    """What every timeline route needs: a session, the site, and the page asked for."""

    def __init__(
        self,
        request: Request,
        response: Response,
        session: Reading,
        site: CurrentSite,
        page: Annotated[Page, page_of(default=20, most=40)],
    ) -> None:
        self.session, self.page = session, page
        self._request, self._response, self._site = request, response, site

    async def answer(self, skeleton: Skeleton, rule: Rule, viewer_id: int | None) -> list[StatusOut]:
        """Read the page, and link it to its neighbours."""
        timeline = await read_timeline(self.session, skeleton=skeleton, page=self.page, rule=rule, viewer_id=viewer_id)
        links = link_header(self._request, self._site, older_than=timeline.older_than, newer_than=timeline.newer_than)
        self._response.headers.update(links)
        return timeline.present(site=self._site)


Reader = Annotated[TimelineReader, Depends(TimelineReader)]


@router.get("/timelines/home", response_model=list[StatusOut])
async def home_timeline(
    actor: Annotated[Actor, requires("read:statuses")], reader: Reader, feeds: Annotated[Feeds, Depends(_feeds)]
) -> list[StatusOut]:
    """Posts of the people you follow, and your own, newest first."""

    async def skeleton(page: Page) -> Sequence[int]:
        return await home_skeleton(reader.session, feeds, account_id=actor.account_id, page=page)

    return await reader.answer(skeleton, at_home, actor.account_id)


@router.get("/timelines/public", response_model=list[StatusOut])
async def public_timeline(
    viewer_id: ViewerId,
    reader: Reader,
    local: Annotated[bool, Query(description="Only posts of this service: all are.")] = False,
    remote: Annotated[bool, Query(description="Only posts of other services: there are none.")] = False,
) -> list[StatusOut]:
    """Everyone's public posts, newest first."""

    async def skeleton(page: Page) -> Sequence[int]:
        return [] if remote and not local else await public_ids(reader.session, page=page)

    return await reader.answer(skeleton, in_public, viewer_id)


@router.get("/timelines/list/{id}", response_model=list[StatusOut])
async def list_timeline(id: PathId, actor: Annotated[Actor, requires("read:lists")], reader: Reader) -> list[StatusOut]:
    """Posts of those on one of your lists, newest first."""
    found = await get_own_list(reader.session, id=id, account_id=actor.account_id)

    async def skeleton(page: Page) -> Sequence[int]:
        return await listed_ids(reader.session, found=found, page=page)

    return await reader.answer(skeleton, in_list, actor.account_id)


@router.get("/accounts/{id}/statuses", response_model=list[StatusOut])
async def account_timeline(
    id: PathId,
    viewer_id: ViewerId,
    reader: Reader,
    exclude_replies: bool = False,
    exclude_reblogs: bool = False,
    pinned: Annotated[bool, Query(description="Only pinned posts, the last pinned first.")] = False,
    only_media: Annotated[bool, Query(description="Only posts with media: none have any yet.")] = False,
) -> list[StatusOut]:
    """One account's posts, newest first, as far as you may see them."""
    await get_profile(reader.session, id=id)

    async def skeleton(page: Page) -> Sequence[int]:
        if only_media:
            return []
        if pinned:
            # A page holds all there can be.
            further = page.max_id is not None or page.floor > 0
            return [] if further else await list_pinned_ids(reader.session, account_id=id, limit=page.limit)
        return await account_ids(
            reader.session,
            author_id=id,
            viewer_id=viewer_id,
            page=page,
            exclude_replies=exclude_replies,
            exclude_reblogs=exclude_reblogs,
        )

    return await reader.answer(skeleton, on_profile, viewer_id)


@router.get("/statuses/{id}/context", response_model=ContextOut, tags=["statuses"])
async def get_context(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> ContextOut:
    """The thread around a post: what it answers, from the first one, and all that answers it, branch by branch."""
    return await read_context(session, id=id, viewer_id=viewer_id, site=site)
