"""The tree of a job, who brought whom, its picture; and how a post reached its reader."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from app.cascades.journey import present_journey
from app.cascades.paging import Cut
from app.cascades.picture import draw_tree
from app.cascades.present import present_page, present_reposters
from app.cascades.reposters import Measure
from app.cascades.schemas import CascadeOut, PathOut, RepostersOut
from app.cascades.trees import read_tree
from app.kit.errors import NotFound, field_error
from app.kit.http import CurrentSite, PathId, Reading
from app.kit.ids import LARGEST
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires

# Beside scripts, which the picture has none of, nothing may be loaded or framed by it; it is for its reader alone.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
# Before where the last page ended: the latest that had come when the first was asked for.
_AFTER_NODE = re.compile(r"([0-9]{1,19})-([0-9]{1,9})-([0-9]{1,9})-([0-9]{1,19})")
_AFTER_REPOSTER = re.compile(r"([0-9]{1,19})-([0-9]{1,18})-([0-9]{1,19})")


class Picture(Response):
    """SVG."""

    media_type = "image/svg+xml"


router = APIRouter(prefix="/api/weizhi/v1", tags=["cascades"])


@router.get("/jobs/{id}/cascade", response_model=CascadeOut)
async def get_cascade(
    id: PathId,
    actor: Annotated[Actor, requires("read:cascades")],
    session: Reading,
    site: CurrentSite,
    depth: Annotated[int | None, Query(ge=1, le=50, description="So many levels; else all of them.")] = None,
    breadth: Annotated[int | None, Query(ge=1, le=100, description="Of each node only its heaviest children.")] = None,
    parent: Annotated[IdIn | None, Query(description="The branch below this node; else the whole tree.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many nodes.")] = 100,
    cursor: Annotated[str | None, Query(max_length=70, description="`next` of the page before.")] = None,
) -> CascadeOut:
    """The tree a job travelled along, with the applications on its branches; for the employer's seats.

    `depth` and `breadth` give a first look at a large tree; `parent`, with a `depth` of 1, opens one of its branches
    and pages through all that came straight through it.
    """
    until, level, weight, last = _numbers(cursor, _AFTER_NODE) or (None, 0, 0, 0)
    job, tree = await read_tree(session, job_id=id, viewer_id=actor.account_id, until=until)
    start = 0 if parent is None else tree.place_of.get(parent)
    if start is None:
        raise NotFound
    cut = Cut(start=start, depth=depth, breadth=breadth, after=(level, weight, last), limit=limit)
    return await present_page(session, job=job, tree=tree, cut=cut, viewer_id=actor.account_id, site=site)


@router.get("/jobs/{id}/reposters", response_model=RepostersOut)
async def list_reposters(
    id: PathId,
    actor: Annotated[Actor, requires("read:cascades")],
    session: Reading,
    site: CurrentSite,
    sort: Annotated[Measure, Query(description="By what of theirs; the most first.")] = "applications",
    limit: Annotated[int, Query(ge=1, le=200, description="How many.")] = 40,
    cursor: Annotated[str | None, Query(max_length=70, description="`next` of the page before.")] = None,
) -> RepostersOut:
    """Who passed a job on, and what each brought: readers, reposts, applications, interviews, hires; for the seats."""
    until, *after = _numbers(cursor, _AFTER_REPOSTER) or (None,)
    job, tree = await read_tree(session, job_id=id, viewer_id=actor.account_id, until=until)
    return await present_reposters(
        session,
        job=job,
        tree=tree,
        measure=sort,
        after=(after[0], after[1]) if after else None,
        limit=limit,
        viewer_id=actor.account_id,
        site=site,
    )


@router.get("/jobs/{id}/cascade.svg", response_class=Picture)
async def draw_cascade(
    id: PathId,
    actor: Annotated[Actor, requires("read:cascades")],
    session: Reading,
    lang: Annotated[Literal["zh", "en"], Query(description="The language of its few words.")] = "zh",
) -> Picture:
    """The tree a job travelled along, as a picture (SVG), light or dark as the reader's screen; for the seats.

    The root stands in the middle, each ring is one more hop. Of a large tree the heaviest branches are drawn, the
    others bundled with their number. Only those who passed the job on in public are named.
    """
    job, tree = await read_tree(session, job_id=id, viewer_id=actor.account_id)
    drawn = await draw_tree(session, job=job, tree=tree, viewer_id=actor.account_id, language=lang)
    return Picture(drawn, headers=_HEADERS)


@router.get("/statuses/{id}/path", response_model=PathOut)
async def get_path(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> PathOut:
    """How a post reached you: its root first, then each repost or quote it passed, as far as that is known."""
    return await present_journey(session, id=id, viewer_id=viewer_id, site=site)


def _numbers(cursor: str | None, form: re.Pattern[str]) -> tuple[int, ...]:
    """The numbers of a cursor, its first and last ids; none without a cursor."""
    if cursor is None:
        return ()
    match = form.fullmatch(cursor)
    numbers = tuple(int(number) for number in match.groups()) if match else ()
    if not numbers or max(numbers) > LARGEST:
        raise field_error("cursor", "ERR_INVALID", "must be the `next` of another page")
    return numbers
