"""What apps read of a post's edits: Mastodon's StatusEdit and StatusSource."""

from typing import Any

from pydantic import Field

from app.kit.wire import IdOut, Time, WireModel
from app.media.schemas import MediaAttachmentOut
from app.reading.schemas import AccountOut


class EditedPollOut(WireModel):
    """The answers a poll had in one version of its post."""

    options: list[dict[str, str]]


class StatusEditOut(WireModel):
    """Mastodon's StatusEdit: one version of a post, and since when it read so."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: Time
    account: AccountOut
    poll: EditedPollOut | None
    media_attachments: list[MediaAttachmentOut]
    emojis: list[Any] = Field(default_factory=list)


class StatusSourceOut(WireModel):
    """A post as it was typed."""

    id: IdOut
    text: str
    spoiler_text: str
