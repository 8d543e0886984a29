"""Votes, and the end of polls. Both lock the poll's row, so that no count is lost and nobody votes too late."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.changes import of_post, of_viewer
from app.kit.db import touch
from app.kit.errors import Invalid, NotFound
from app.outbox.publish import publish
from app.polls.events import PollEnded
from app.polls.models import PollVote
from app.polls.queries import find_locked_poll, get_visible_poll
from app.posts.models import Poll
from app.posts.polling import end_in_time
from app.posts.queries import get_visible_post


class AlreadyVoted(Invalid):
    code = "already_voted"
    message = "You have already voted on this poll"


class PollExpired(Invalid):
    code = "poll_expired"
    message = "The poll has already ended"


class NoSuchOption(Invalid):
    code = "no_such_option"
    message = "The chosen vote option does not exist"


class OwnPoll(Invalid):
    code = "own_poll"
    message = "You cannot vote in your own polls"


async def vote(session: AsyncSession, *, poll_id: int, account_id: int, choices: Sequence[int], now: datetime) -> Poll:
    """Vote for the options in these places. Raises NotFound and what stands above.

    More than one option where one is asked for is refused as a second vote: so does Mastodon, and apps tell it so.
    """
    seen = await get_visible_poll(session, id=poll_id, viewer_id=account_id)
    post = await get_visible_post(session, id=seen.post_id, viewer_id=account_id)
    poll = await find_locked_poll(session, id=poll_id)
    if poll is None:
        raise NotFound
    chosen = sorted(set(choices))
    if poll.expires_at is not None and poll.expires_at <= now:
        raise PollExpired
    if post.author_id == account_id:
        raise OwnPoll
    mine = (PollVote.poll_id == poll.id, PollVote.author_id == poll.author_id, PollVote.account_id == account_id)
    if await session.scalar(select(exists().where(*mine))) or (len(chosen) > 1 and not poll.multiple):
        raise AlreadyVoted
    if not all(0 <= choice < len(poll.options) for choice in chosen):
        raise NoSuchOption
    session.add_all(
        PollVote(poll_id=poll.id, author_id=poll.author_id, account_id=account_id, choice=choice) for choice in chosen
    )
    poll.votes = [votes + (place in chosen) for place, votes in enumerate(poll.votes)]
    poll.voters_count += 1
    await session.flush()
    touch(session, of_post(poll.post_id), of_viewer(account_id))
    return poll


async def end(session: AsyncSession, *, poll_id: int, now: datetime) -> None:
    """Tell that a poll has ended, once; when its end was moved meanwhile, come back then."""
    poll = await find_locked_poll(session, id=poll_id)
    if poll is None or poll.ended_at is not None or poll.expires_at is None:
        return
    if poll.expires_at > now:
        await end_in_time(session, poll=poll)
        return
    poll.ended_at = now
    await session.flush()
    touch(session, of_post(poll.post_id))
    await publish(session, PollEnded(poll.id), actor_id=None)
