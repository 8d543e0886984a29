"""The wire of lists."""

from typing import Annotated, Literal

from pydantic import Field

from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, WireModel

RepliesPolicy = Literal["followed", "list", "none"]
Title = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S"), OneLine]


class ListCreate(RequestModel):
    """A new list. `exclusive`: its members' posts stand in it and not at home."""

    title: Title
    replies_policy: RepliesPolicy = "list"
    exclusive: bool = False


class ListUpdate(RequestModel):
    """Changes to a list; what is absent stays."""

    title: Title | None = None
    replies_policy: RepliesPolicy | None = None
    exclusive: bool | None = None


class ListMembers(RequestModel):
    """Whom to put on a list or take off it."""

    account_ids: Annotated[list[IdIn], Field(max_length=500)] = []


class ListOut(WireModel):
    """Mastodon's List."""

    id: IdOut
    title: str
    replies_policy: RepliesPolicy
    exclusive: bool
