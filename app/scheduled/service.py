"""Writes of scheduled posts: schedule, move, cancel, publish."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit import idempotency
from app.kit.errors import Invalid, Unavailable, WeizhiError
from app.kit.work import work_of
from app.media import service as media
from app.outbox.publish import enqueue
from app.posts import service as posts
from app.posts.authors import get_author
from app.posts.composing import compose
from app.posts.schemas import PostCreate
from app.scheduled.models import ScheduledPost
from app.scheduled.queries import count_scheduled, get_own_scheduled
from app.scheduled.rules import MOST, MOST_A_DAY, parse_moment

PUBLISH_DUE = "scheduled.publish_due"


class TooManyScheduled(Invalid):
    code = "too_many_scheduled"
    message = f"Validation failed: You have exceeded the limit of {MOST} scheduled posts"


class TooManyThatDay(Invalid):
    code = "too_many_that_day"
    message = f"Validation failed: You have exceeded the limit of {MOST_A_DAY} scheduled posts for today"


async def schedule(
    session: AsyncSession, *, author_id: int, app_id: int, request: PostCreate, moment: str, now: datetime, domain: str
) -> ScheduledPost:
    """Have `request` published at `moment`; it is checked as if it were published now, and its media are kept for it.

    What the account's preferences add is added now. Raises what `posts.publish` raises, Invalid for a moment that is
    none or too soon, TooManyScheduled, TooManyThatDay.
    """
    scheduled_at = parse_moment(moment, now=now)
    work = await work_of(session)
    author = await get_author(work, id=author_id, app_id=app_id)
    draft = await compose(work, author=author, request=request, now=now, app_id=app_id, domain=domain)
    await _require_room(session, account_id=author_id, day=scheduled_at)
    post = draft.post
    as_checked = request.model_copy(
        update={
            "status": post.text,
            "spoiler_text": post.spoiler_text,
            "sensitive": post.sensitive,
            "visibility": post.visibility,
            "language": post.language,
            "quote_approval_policy": post.quote_policy,
            "media_ids": post.media_ids,
            "scheduled_at": None,
        }
    )
    scheduled = ScheduledPost(
        account_id=author_id,
        app_id=app_id,
        scheduled_at=scheduled_at,
        request=as_checked.model_dump(mode="json"),
        media_ids=post.media_ids,
        created_at=now,
    )
    session.add(scheduled)
    await session.flush()
    await media.reserve(session, account_id=author_id, media_ids=post.media_ids, scheduled_id=scheduled.id)
    await _publish_in_time(session, scheduled)
    return scheduled


async def move(
    session: AsyncSession, *, author_id: int, scheduled_id: int, moment: str, now: datetime
) -> ScheduledPost:
    """Give a scheduled post another time; one that could not be published is tried again. Raises NotFound, Invalid."""
    scheduled = await get_own_scheduled(session, id=scheduled_id, account_id=author_id, lock=True)
    scheduled.scheduled_at = parse_moment(moment, now=now)
    await _require_room(session, account_id=author_id, day=scheduled.scheduled_at, but=scheduled.id)
    scheduled.error = None
    await session.flush()
    await _publish_in_time(session, scheduled)
    return scheduled


async def cancel(session: AsyncSession, *, author_id: int, scheduled_id: int, now: datetime) -> None:
    """Drop a scheduled post; its media are free again. Raises NotFound."""
    scheduled = await get_own_scheduled(session, id=scheduled_id, account_id=author_id, lock=True)
    await media.release(session, scheduled_id=scheduled.id, now=now)
    await session.delete(scheduled)
    await session.flush()


async def publish_due(session: AsyncSession, *, scheduled_id: int, now: datetime, domain: str) -> None:
    """Publish a scheduled post whose time has come: post and row change together, so it happens once.

    One that cannot be published (what it answers is gone, say) stays, and says why. One that was moved is waited for.
    """
    query = select(ScheduledPost).where(ScheduledPost.id == scheduled_id).with_for_update()
    scheduled = await session.scalar(query)
    if scheduled is None or scheduled.error is not None:
        return
    if scheduled.scheduled_at > now:
        await _publish_in_time(session, scheduled)
        return
    try:
        async with session.begin_nested():
            await _publish(session, scheduled, now, domain)
    except Unavailable:
        raise
    except WeizhiError as error:
        scheduled.error = error.text
    else:
        await session.delete(scheduled)
    await session.flush()


async def _publish(session: AsyncSession, scheduled: ScheduledPost, now: datetime, domain: str) -> None:
    account = await session.get_one(Account, scheduled.account_id)
    if account.suspended_at is not None:
        raise Invalid("The account is suspended")
    await media.release(session, scheduled_id=scheduled.id, now=now)
    published = await posts.publish(
        await work_of(session),
        author_id=account.id,
        request=PostCreate.model_validate(scheduled.request),
        now=now,
        app_id=scheduled.app_id,
        domain=domain,
    )
    await idempotency.replace(
        session, account_id=account.id, operation=posts.PUBLISH, object_id=scheduled.id, by=published.post.id
    )


async def _publish_in_time(session: AsyncSession, scheduled: ScheduledPost) -> None:
    key, payload = str(scheduled.id), {"scheduled_id": scheduled.id}
    await enqueue(session, PUBLISH_DUE, [(key, payload)], run_at=scheduled.scheduled_at)


async def _require_room(session: AsyncSession, *, account_id: int, day: datetime, but: int | None = None) -> None:
    # One at a time: two requests must not both find the last place free.
    await session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
    total, on_day = await count_scheduled(session, account_id=account_id, day=day, but=but)
    if total >= MOST:
        raise TooManyScheduled
    if on_day >= MOST_A_DAY:
        raise TooManyThatDay
