"""GET /jobs/:id/funnel."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.cascades.funnel import FEWEST, Counted, GroupBy, count_funnel, rest_of
from app.cascades.funnel_schemas import FunnelOut, PartOut, StepsOut
from app.cascades.trees import NotPublished
from app.exposures.days import day_of
from app.exposures.noting import Exposures
from app.exposures.reach import Readers
from app.graph.queries import load_standings
from app.jobs.queries import get_visible_job
from app.kit.clock import now
from app.kit.errors import Unavailable
from app.kit.http import CurrentSite, PathId, Reading
from app.kit.site import Site
from app.oauth.actor import Actor, requires
from app.organizations.queries import EVERY_ROLE, require_seat
from app.reading.present_account import present_account

router = APIRouter(prefix="/api/weizhi/v1", tags=["cascades"])


@router.get("/jobs/{id}/funnel", response_model=FunnelOut)
async def get_funnel(
    id: PathId,
    actor: Annotated[Actor, requires("read:cascades")],
    session: Reading,
    site: CurrentSite,
    request: Request,
    group_by: Annotated[
        GroupBy, Query(description="What each part is: a hop from the job, a reposter, a day.")
    ] = "hop",
    first: Annotated[date | None, Query(alias="from", description="From this day on, in China.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Up to this day, in China.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Parts at most; the last has what is left.")] = 100,
) -> FunnelOut:
    """How many were shown a job, opened it, reposted, applied and were hired, by hop, account or day; for the seats."""
    job = await get_visible_job(session, id=id, viewer_id=actor.account_id)
    await require_seat(session, organization_id=job.organization_id, account_id=actor.account_id, roles=EVERY_ROLE)
    if job.post_id is None:
        raise NotPublished
    whole, parts = await count_funnel(
        session,
        root_id=job.post_id,
        job_id=job.id,
        group_by=group_by,
        first=first,
        last=last,
        today=day_of(now()),
        limit=limit,
    )
    readers = None
    if first is None and last is None:
        exposures: Exposures = request.app.state.resources.exposures
        try:
            readers = await exposures.reach.count(job.post_id)
        except Unavailable:
            # Numbers of readers are in Valkey; all others are told without it.
            pass
    return FunnelOut(
        job_id=job.id,
        group_by=group_by,
        first=first,
        last=last,
        whole=StepsOut(**whole.counts, readers=readers.total if readers else None),
        parts=await _parts(session, whole, parts, group_by, readers, actor.account_id, site),
    )


async def _parts(
    session: AsyncSession,
    whole: Counted,
    parts: Sequence[Counted],
    group_by: GroupBy,
    readers: Readers | None,
    viewer_id: int,
    site: Site,
) -> list[PartOut]:
    named: dict[int, Profile] = {}
    if group_by == "account":
        named = await _named(session, {part.key for part in parts if part.key}, viewer_id)
        parts = [part for part in parts if part.key in named]
    shown = []
    for part in parts:
        if group_by == "account":
            shown.append(PartOut(**_told(part), account=present_account(named[part.key], site=site)))
        elif group_by == "day":
            shown.append(PartOut(**_told(part), day=part.key))
        else:
            shown.append(PartOut(**_told(part, readers.by_depth[part.key] if readers else None), depth=part.key))
    # Who is not named, and what is beyond the limit.
    rest = rest_of(whole, parts)
    return [*shown, PartOut(**_told(rest))] if rest else shown


def _told(part: Counted, readers: int | None = None) -> dict[str, int | None]:
    """What is told of a part: of few readers nothing."""
    counts: dict[str, int | None] = {**part.counts, "readers": readers}
    if 0 < part.counts["shown"] < FEWEST:
        counts.update(shown=None, opened=None, readers=None)
    elif readers is not None and 0 < readers < FEWEST:
        counts["readers"] = None
    return counts


async def _named(session: AsyncSession, ids: set[int], viewer_id: int) -> dict[int, Profile]:
    """Those of public reposters who are not suspended, nor keep the recruiter away."""
    profiles = await load_profiles(session, ids=ids)
    standings = await load_standings(session, account_id=viewer_id, ids=ids)
    return {id: profile for id, profile in profiles.items() if id in standings and not standings[id].blocked_by}
