"""GET /jobs/:id/cascade and GET /statuses/:id/path."""

import re
from typing import Annotated

from fastapi import APIRouter, Query

from app.accounts.queries import load_profiles
from app.applications.paths import present_paths
from app.applications.schemas import PathStepOut
from app.cascades import queries
from app.cascades.schemas import CascadeOut, NodeOut, RootOut, TotalsOut
from app.graph.queries import load_standings
from app.jobs.queries import get_visible_job
from app.kit.errors import Conflict, field_error
from app.kit.http import CurrentSite, PathId, Reading
from app.kit.ids import LARGEST, moment_of
from app.oauth.actor import Actor, ViewerId, requires
from app.organizations.queries import EVERY_ROLE, require_seat
from app.posts.queries import get_visible_post
from app.posts.rules import DEEPEST_CASCADE
from app.reading.present_account import present_account

router = APIRouter(prefix="/api/weizhi/v1", tags=["cascades"])

# Applications hang one level below the deepest reposts.
_DEEPEST = DEEPEST_CASCADE + 1


class NotPublished(Conflict):
    code = "not_published"
    message = "This job has not been published, so it has not travelled"


@router.get("/jobs/{id}/cascade", response_model=CascadeOut)
async def get_cascade(
    id: PathId,
    actor: Annotated[Actor, requires("read:cascades")],
    session: Reading,
    site: CurrentSite,
    depth: Annotated[int, Query(ge=1, description="Down to this level.")] = _DEEPEST,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=30, description="`next` of the page before.")] = None,
) -> CascadeOut:
    """The tree a job travelled along, with the applications on its branches; for the employer's seats."""
    job = await get_visible_job(session, id=id, viewer_id=actor.account_id)
    await require_seat(session, organization_id=job.organization_id, account_id=actor.account_id, roles=EVERY_ROLE)
    if job.post_id is None:
        raise NotPublished
    branches = await queries.list_branches(
        session,
        root_id=job.post_id,
        job_id=job.id,
        deepest=min(depth, _DEEPEST),
        after=_parse_cursor(cursor),
        limit=limit,
    )
    totals = await queries.total(session, root_id=job.post_id, job_id=job.id)
    people = {job.author_id, *(branch.account_id for branch in branches)}
    profiles = await load_profiles(session, ids=people)
    standings = await load_standings(session, account_id=actor.account_id, ids=people)
    # Nor are those told who keep the recruiter away, or are suspended.
    near = {id for id, standing in standings.items() if not standing.blocked_by}

    def node(branch: queries.Branch) -> NodeOut:
        # A recruiter sees names only of those who reposted in public, and of those who applied.
        public = branch.visibility in ("public", "unlisted") and not branch.removed
        told = branch.kind == "application" or (public and branch.account_id in near)
        profile = profiles.get(branch.account_id) if told else None
        return NodeOut(
            id=branch.id,
            kind=branch.kind,
            status_id=None if branch.kind == "application" else branch.id,
            application_id=branch.id if branch.kind == "application" else None,
            parent_id=branch.parent_id,
            depth=branch.depth,
            account=present_account(profile, site=site) if profile else None,
            inference=branch.inference,
            confidence=branch.confidence,
            removed=branch.removed,
            stage=branch.stage,
            children_count=branch.children,
            applications_count=branch.applications,
            created_at=branch.created_at,
        )

    author = profiles.get(job.author_id)
    return CascadeOut(
        job_id=job.id,
        root=RootOut(
            status_id=job.post_id,
            account=present_account(author, site=site) if author else None,
            created_at=moment_of(job.post_id),
        ),
        totals=TotalsOut(
            reposts=totals.reposts,
            quotes=totals.quotes,
            applications=totals.applications,
            accounts=totals.accounts,
            depth=totals.depth,
        ),
        nodes=[node(branch) for branch in branches],
        next=f"{branches[-1].depth}-{branches[-1].id}" if len(branches) == limit else None,
    )


@router.get("/statuses/{id}/path", response_model=list[PathStepOut])
async def get_path(id: PathId, viewer_id: ViewerId, session: Reading, site: CurrentSite) -> list[PathStepOut]:
    """How a post came this far: its root first, then each repost or quote it passed, then the post itself."""
    await get_visible_post(session, id=id, viewer_id=viewer_id)
    return (await present_paths(session, post_ids=[id], viewer_id=viewer_id, site=site))[id]


def _parse_cursor(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return (0, 0)
    match = re.fullmatch(r"(\d{1,3})-(\d{1,19})", cursor, re.ASCII)
    if match is None or int(match[2]) > LARGEST:
        raise field_error("cursor", "ERR_INVALID", "must be the `next` of another page")
    return int(match[1]), int(match[2])
