"""Telling of new jobs. Handlers may run twice, late, or out of order: rows as they are now decide."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.alerts.models import SavedSearchHook
from app.alerts.queries import match
from app.jobs.models import Job
from app.jobs.rules import takes_applications
from app.kit.clock import now
from app.notifications.service import tell
from app.outbox.publish import enqueue
from app.posts.models import Post
from app.search.documents import load_documents
from app.search.pg_jobs import JobRows

TELL_OF_JOB = "alerts.tell_of_job"
_AT_ONCE = 5000
_NOTE = text(
    """
    INSERT INTO job_alerts (account_id, job_id, told_at)
    SELECT id, :job_id, :now FROM unnest(CAST(:ids AS bigint[])) AS id
    ON CONFLICT DO NOTHING RETURNING account_id
    """
)


async def tell_of_job(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell of each payload's job ("job_id"), if it is open, those who saved a search that it matches: each once.

    Holds its post until the transaction ends, so that undoing it comes after, and takes notifications away again.
    """
    if await session.scalar(select(SavedSearchHook.search_id).limit(1)) is None:
        return
    for payload in payloads:
        job = await session.get(Job, payload["job_id"], populate_existing=True)
        if job is None or job.post_id is None or job.published_at is None or not takes_applications(job, now=now()):
            continue
        living = select(Post).where(Post.id == job.post_id, Post.deleted_at.is_(None)).with_for_update(read=True)
        post = (await session.scalars(living)).first()
        documents = (await load_documents(session, post_ids=[job.post_id])).jobs
        if post is not None and documents:
            rows = await asyncio.to_thread(JobRows, documents)
            await _tell(session, job, post, rows.rows)


async def _tell(session: AsyncSession, job: Job, post: Post, rows: str) -> None:
    found = await match(session, rows=rows, author_id=post.author_id, published_at=job.published_at, most=_AT_ONCE)
    if not found:
        return
    ids = [one.account_id for one in found]
    # What another worker notes at this moment is waited for, and then not told again.
    new = set(await session.scalars(_NOTE, {"job_id": job.id, "ids": ids, "now": now()}))
    about = {one.account_id: orjson.dumps({"saved_searches": one.searches}).decode() for one in found}
    await tell(
        session,
        kind="job",
        from_id=post.author_id,
        recipients=new,
        post=post,
        at=now(),
        now=now(),
        about=about,
    )
    if len(found) == _AT_ONCE:
        # Those who were told now are left out then.
        await enqueue(session, TELL_OF_JOB, [(f"{job.id}:{max(ids)}", {"job_id": job.id})])
