"""Who is told of what becomes of applications. Handlers may run twice, late, or out of order: rows decide."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application, ApplicationChange
from app.jobs.models import Job
from app.kit.clock import now
from app.notifications.service import tell
from app.posts.models import Post


async def tell_of_stage(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell each applicant where the application went ("change_id"), in the name of the job's author.

    Who moved it stands in the application. What the applicant did is no news.
    """
    for payload in payloads:
        query = (
            select(ApplicationChange, Application, Job, Post)
            .join(Application, Application.id == ApplicationChange.application_id)
            .join(Job, Job.id == Application.job_id)
            .join(Post, Post.id == Job.post_id)
            .where(ApplicationChange.id == payload["change_id"], Post.deleted_at.is_(None))
            .with_for_update(read=True, of=Post)
        )
        row = (await session.execute(query)).first()
        if row is None or row[0].actor_id == row[1].applicant_id:
            continue
        change, application, job, post = row
        about = {"application_id": application.id, "stage": change.stage, "reason": change.reason}
        await tell(
            session,
            kind="application",
            from_id=job.author_id,
            recipients=[application.applicant_id],
            post=post,
            at=change.created_at,
            now=now(),
            about={application.applicant_id: orjson.dumps(about).decode()},
        )
