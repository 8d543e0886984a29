"""The poll a post asks. Voting is `app.polls`."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import field_error
from app.outbox.publish import enqueue
from app.posts import limits, text
from app.posts.models import Poll, Post
from app.posts.schemas import PollIn

# What happens when a poll ends is told by `app.polls`.
END_POLL = "polls.end"
_FORGET_VOTES = sql("DELETE FROM poll_votes WHERE poll_id = :id AND author_id = :author_id")


def checked_options(request: PollIn) -> list[str]:
    """The answers one may choose from; raises Invalid for too few, too many, too long and equal ones."""
    options = [option.strip() for option in request.options if option.strip()]
    if len(options) < 2:
        raise field_error("poll.options", "ERR_TOO_FEW", "must have more than one item")
    if len(options) > limits.POLL_OPTIONS:
        raise field_error("poll.options", "ERR_TOO_MANY", f"can't contain more than {limits.POLL_OPTIONS} items")
    if any(text.characters(option) > limits.POLL_OPTION_LENGTH for option in options):
        reason = f"can't be longer than {limits.POLL_OPTION_LENGTH} characters each"
        raise field_error("poll.options", "ERR_TOO_LONG", reason)
    if len(set(options)) < len(options):
        raise field_error("poll.options", "ERR_TAKEN", "contain duplicate items")
    return options


def checked_span(request: PollIn) -> timedelta:
    """For how long one may vote; raises Invalid."""
    if request.expires_in is None:
        raise field_error("poll.expires_in", "ERR_BLANK", "can't be blank")
    if request.expires_in > limits.LONGEST_POLL.total_seconds():
        raise field_error("poll.expires_at", "ERR_INVALID", "is too far into the future")
    if request.expires_in < limits.SHORTEST_POLL.total_seconds():
        raise field_error("poll.expires_at", "ERR_INVALID", "is too soon")
    return timedelta(seconds=request.expires_in)


async def ask(session: AsyncSession, *, post: Post, request: PollIn, now: datetime) -> Poll:
    """Give a post that is flushed its poll. Raises Invalid."""
    options = checked_options(request)
    poll = Poll(
        post_id=post.id,
        author_id=post.author_id,
        options=options,
        votes=[0] * len(options),
        multiple=request.multiple,
        hide_totals=request.hide_totals,
        expires_at=now + checked_span(request),
    )
    session.add(poll)
    await session.flush()
    post.poll_id = poll.id
    await end_in_time(session, poll=poll)
    return poll


async def change(session: AsyncSession, *, post: Post, request: PollIn | None, now: datetime) -> bool:
    """Let a post that is locked ask this, or nothing; whether that is something new. Raises Invalid.

    Other answers make another question: nobody has voted on it. Not saying for how long leaves the end where it is.
    """
    poll = await find_poll(session, post=post)
    if request is None or poll is None:
        if request is not None:
            await ask(session, post=post, request=request, now=now)
        elif poll is not None:
            post.poll_id = None
            await session.delete(poll)
        return request is not None or poll is not None
    before = (poll.options, poll.multiple, poll.hide_totals, poll.expires_at)
    options = checked_options(request)
    if (options, request.multiple) != (poll.options, poll.multiple):
        await session.execute(_FORGET_VOTES, {"id": poll.id, "author_id": poll.author_id})
        poll.options, poll.multiple, poll.votes, poll.voters_count = options, request.multiple, [0] * len(options), 0
    poll.hide_totals = request.hide_totals
    if request.expires_in is not None:
        poll.expires_at, poll.ended_at = now + checked_span(request), None
        await end_in_time(session, poll=poll)
    await session.flush()
    return before != (poll.options, poll.multiple, poll.hide_totals, poll.expires_at)


async def find_poll(session: AsyncSession, *, post: Post) -> Poll | None:
    """What a post asks, locked against votes."""
    if post.poll_id is None:
        return None
    query = select(Poll).where(Poll.id == post.poll_id, Poll.author_id == post.author_id).with_for_update()
    poll: Poll | None = await session.scalar(query.execution_options(populate_existing=True))
    return poll


async def end_in_time(session: AsyncSession, *, poll: Poll) -> None:
    """Have a task see to the end of a poll that is flushed, when it comes."""
    await enqueue(session, END_POLL, [(str(poll.id), {"poll_id": poll.id})], run_at=poll.expires_at)
