"""Step four for polls."""

from datetime import datetime

from app.posts.models import Poll
from app.reading import schemas
from app.reading.viewer import Viewer


def present_poll(poll: Poll, *, author_id: int, viewer: Viewer, now: datetime) -> schemas.PollOut:
    """A poll as Mastodon's Poll. Who asked counts as having voted: it may see how things stand."""
    expired = poll.expires_at is not None and poll.expires_at <= now
    own = viewer.votes.get(poll.id, ())
    told = expired or not poll.hide_totals
    return schemas.PollOut(
        id=poll.id,
        expires_at=poll.expires_at,
        expired=expired,
        multiple=poll.multiple,
        votes_count=sum(poll.votes),
        voters_count=poll.voters_count,
        options=[
            schemas.PollOptionOut(title=title, votes_count=votes if told else None)
            for title, votes in zip(poll.options, poll.votes, strict=True)
        ],
        voted=None if viewer.id is None else bool(own) or author_id == viewer.id,
        own_votes=None if viewer.id is None else list(own),
    )
