"""The way on to an employer's own page, which is noted with the post one came by."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import ApplyClick
from app.jobs.models import Job
from app.jobs.queries import JobClosed
from app.jobs.rules import takes_applications
from app.kit.errors import Conflict
from app.kit.refusals import never
from app.posts.cascade import InvalidVia, Parent, resolve_parent
from app.posts.models import Post
from app.posts.queries import find_node, get_visible_post
from app.posts.rules import CARD, DIRECT, EXPLICIT

_SAME_CLICK = timedelta(minutes=15)


class NoApplyUrl(Conflict):
    code = "no_apply_url"
    message = "One applies to this job here, not elsewhere"


def apply_url_of(job: Job) -> str:
    """The employer's own page, as the job names it: nothing in a request can lead anywhere else. Raises NoApplyUrl."""
    if job.apply_url is None or not job.apply_url.lower().startswith(("https://", "http://")):
        raise NoApplyUrl
    return job.apply_url


async def follow_link(
    session: AsyncSession, *, job: Job, account_id: int | None, via: int | None, card: int | None, now: datetime
) -> str:
    """Note that somebody goes on to the employer's page, and by which post; the address.

    Of a job that they may see. `card` is the post by which the reader of the link's card was shown the job; it counts
    for who is not signed in. A `via` that names nothing of the job's tree is passed over: links grow old. Raises
    NotFound, JobClosed, NoApplyUrl.
    """
    url = apply_url_of(job)
    if not takes_applications(job, now=now) or job.post_id is None:
        raise JobClosed
    post = await get_visible_post(session, id=job.post_id, viewer_id=account_id)
    if account_id is not None and await _clicked(session, job.id, account_id, now):
        return url
    parent = await _parent(session, post, via, card, account_id)
    session.add(
        ApplyClick(
            job_id=job.id,
            account_id=account_id,
            via_post_id=parent.post_id,
            inference=parent.inference,
            confidence=parent.confidence,
            created_at=now,
        )
    )
    await session.flush()
    return url


async def _clicked(session: AsyncSession, job_id: int, account_id: int, now: datetime) -> bool:
    lately = select(ApplyClick.id).where(
        ApplyClick.account_id == account_id, ApplyClick.job_id == job_id, ApplyClick.created_at > now - _SAME_CLICK
    )
    return await session.scalar(lately.limit(1)) is not None


@never(InvalidVia)
async def _parent(
    session: AsyncSession, post: Post, via: int | None, card: int | None, account_id: int | None
) -> Parent:
    if account_id is not None:
        known = {"root_id": post.id, "target": post, "wrapper": None, "account_id": account_id}
        try:
            return await resolve_parent(session, via=via, **known)  # type: ignore[arg-type]
        except InvalidVia:
            return await resolve_parent(session, via=None, **known)  # type: ignore[arg-type]
    for id, how in ((via, EXPLICIT), (card, CARD)):
        node = await find_node(session, post_id=id) if id is not None else None
        if node is not None and node.root_id == post.id:
            return Parent(post.id, node.post_id, node.depth, *how)
        if id == post.id:
            return Parent(post.id, post.id, 0, *how)
    return Parent(post.id, post.id, 0, *DIRECT)
