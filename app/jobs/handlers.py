"""What happens to a job when its post does, or its time is over."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs import service
from app.jobs.models import Job
from app.jobs.rules import TRANSITIONS, today
from app.kit.clock import now
from app.kit.site import Site
from app.outbox.publish import enqueue
from app.posts.models import Post

RETELL = "jobs.retell"
_AT_ONCE = 100


async def close_with_post(session: AsyncSession, payloads: Sequence[Mapping[str, Any]], *, site: Site) -> None:
    """Close the jobs whose posts were deleted."""
    query = (
        select(Job)
        .join(Post, Post.id == Job.post_id)
        .where(
            Job.post_id.in_([payload["post_id"] for payload in payloads]),
            Job.state.in_(TRANSITIONS["close"]),
            Post.deleted_at.is_not(None),
        )
        .order_by(Job.id)
        .with_for_update(of=Job)
    )
    for job in await session.scalars(query):
        await service.transition(session, job=job, verb="close", actor_id=None, site=site, now=now())


async def expire(session: AsyncSession, payloads: Sequence[Mapping[str, Any]], *, site: Site) -> None:
    """End the jobs whose last day is over in China, a hundred at a time. Whichever day a payload names."""
    moment = now()
    query = (
        select(Job)
        .where(Job.state.in_(("open", "paused")), Job.valid_through < today(moment))
        .order_by(Job.id)
        .limit(_AT_ONCE)
        .with_for_update()
    )
    ended = (await session.scalars(query)).all()
    for job in ended:
        await service.transition(session, job=job, verb="expire", actor_id=None, site=site, now=moment)
    if len(ended) == _AT_ONCE:
        await enqueue(session, service.EXPIRE, [(f"after:{ended[-1].id}", {})])


async def retell(session: AsyncSession, payloads: Sequence[Mapping[str, Any]], *, site: Site) -> None:
    """Bring the posts of each payload's organisation ("organization_id") up to date with its name and label."""
    for payload in payloads:
        organization_id = payload["organization_id"]
        last = await service.retell(
            session, organization_id=organization_id, after=payload.get("after", 0), limit=_AT_ONCE, site=site
        )
        if last is not None:
            further = {"organization_id": organization_id, "after": last}
            await enqueue(session, RETELL, [(f"{organization_id}:{last}", further)])


async def see_to_ends(session: AsyncSession) -> None:
    """Have ended what no task saw to: jobs from before there were such tasks."""
    overdue = select(Job.id).where(Job.state.in_(("open", "paused")), Job.valid_through < today(now())).limit(1)
    if await session.scalar(overdue):
        await enqueue(session, service.EXPIRE, [("overdue", {})])
