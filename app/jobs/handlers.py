"""What happens to a job when its post does."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.events import JobClosed
from app.jobs.models import Job
from app.kit.changes import of_post
from app.kit.db import touch
from app.outbox.publish import publish
from app.posts.models import Post


async def close_with_post(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Close the jobs whose posts were deleted."""
    query = (
        select(Job)
        .join(Post, Post.id == Job.post_id)
        .where(
            Job.post_id.in_([payload["post_id"] for payload in payloads]),
            Job.state.in_(("open", "paused")),
            Post.deleted_at.is_not(None),
        )
        .with_for_update(of=Job)
    )
    for job in await session.scalars(query):
        job.state, job.closed_at = "closed", datetime.now(UTC)
        await session.flush()
        if job.post_id is not None:
            touch(session, of_post(job.post_id))
        await publish(session, JobClosed(job.id), actor_id=None)
