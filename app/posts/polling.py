"""The poll a post asks. Voting is `app.polls`."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import field_error
from app.outbox.publish import enqueue
from app.posts import limits, text
from app.posts.models import Poll, Post
from app.posts.schemas import PollIn

# What happens when a poll ends is told by `app.polls`.
END_POLL = "polls.end"


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


async def end_in_time(session: AsyncSession, *, poll: Poll) -> None:
    """Have a task see to the end of a poll that is flushed, when it comes."""
    await enqueue(session, END_POLL, [(str(poll.id), {"poll_id": poll.id})], run_at=poll.expires_at)
