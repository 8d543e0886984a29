"""GET /jobs/:id/cascade and GET /statuses/:id/path."""

import re
from typing import Annotated

from fastapi import APIRouter, Query

from app.applications.paths import present_paths
from app.applications.schemas import PathStepOut
from app.cascades.paging import Cut
from app.cascades.present import present_page
from app.cascades.schemas import CascadeOut
from app.cascades.trees import read_tree
from app.kit.errors import NotFound, field_error
from app.kit.http import CurrentSite, PathId, Reading
from app.kit.ids import LARGEST
from app.kit.wire import IdIn
from app.oauth.actor import Actor, ViewerId, requires
from app.posts.queries import get_visible_post

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
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=50, description="`next` of the page before.")] = None,
) -> CascadeOut:
    """The tree a job travelled along, with the applications on its branches; for the employer's seats.

    `depth` and `breadth` give a first look at a large tree; `parent`, with a `depth` of 1, opens one of its branches
    and pages through all that came straight through it.
    """
    after = _parse_cursor(cursor)
    job, tree = await read_tree(session, job_id=id, viewer_id=actor.account_id)
    start = 0 if parent is None else tree.place_of.get(parent)
    if start is None:
        raise NotFound
    cut = Cut(start=start, depth=depth, breadth=breadth, after=after, limit=limit)
    return await present_page(session, job=job, tree=tree, cut=cut, viewer_id=actor.account_id, site=site)


@router.get("/statuses/{id}/path", response_model=list[PathStepOut])
async def get_path(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> list[PathStepOut]:
    """How a post came this far: its root first, then each repost or quote it passed, then the post itself."""
    await get_visible_post(session, id=id, viewer_id=viewer_id)
    return (await present_paths(session, post_ids=[id], viewer_id=viewer_id, site=site))[id]


def _parse_cursor(cursor: str | None) -> tuple[int, int, int]:
    if cursor is None:
        return (0, 0, 0)
    match = re.fullmatch(r"(\d{1,9})-(\d{1,9})-(\d{1,19})", cursor, re.ASCII)
    if match is None or int(match[3]) > LARGEST:
        raise field_error("cursor", "ERR_INVALID", "must be the `next` of another page")
    return int(match[1]), int(match[2]), int(match[3])
