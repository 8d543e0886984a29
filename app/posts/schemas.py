"""What clients send about posts."""

from typing import Annotated, Literal

from pydantic import Field

from app.kit.wire import IdIn, RequestModel

Visibility = Literal["public", "unlisted", "private", "direct"]


class PostCreate(RequestModel):
    """A new post. With `quoted_status_id` it is a quote, and `via` names the post it was seen through."""

    status: Annotated[str, Field(max_length=20_000)] = ""
    in_reply_to_id: IdIn | None = None
    quoted_status_id: IdIn | None = None
    via: IdIn | None = None
    visibility: Visibility | None = None
    sensitive: bool | None = None
    spoiler_text: Annotated[str, Field(max_length=500)] | None = None
    language: Annotated[str, Field(max_length=12, pattern="^([A-Za-z]{2,3}([-_][A-Za-z0-9]+)*)?$")] | None = None


class RepostCreate(RequestModel):
    """A repost. `via` names the post (a repost or quote of the same original) it was seen through."""

    visibility: Literal["public", "unlisted", "private"] | None = None
    via: IdIn | None = None
