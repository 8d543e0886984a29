"""The wire of follows, mutes and notes."""

from typing import Annotated

from pydantic import Field

from app.kit.wire import RequestModel

Language = Annotated[str, Field(min_length=2, max_length=12, pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$")]


class FollowOptions(RequestModel):
    """How to follow; what is absent stays as it is (a new follow shows reposts and does not notify).

    `languages`: only posts in these; an empty list or null means all.
    """

    reblogs: bool | None = None
    notify: bool | None = None
    languages: Annotated[list[Language], Field(max_length=50)] | None = None


class MuteOptions(RequestModel):
    """`notifications`: hear nothing of them either. `duration` in seconds; 0 is for ever."""

    notifications: bool | None = None
    duration: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class NoteText(RequestModel):
    """What to remember about somebody; nothing forgets it."""

    comment: Annotated[str, Field(max_length=2000)] | None = None
