"""Scheduled posts on the wire."""

from typing import Annotated, Any

from pydantic import Field

from app.kit.wire import IdOut, RequestModel, Time, WireModel
from app.media.schemas import MediaAttachmentOut


class ScheduledUpdate(RequestModel):
    """Another time."""

    scheduled_at: Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})]


class ScheduledParamsOut(WireModel):
    """What the post will be."""

    text: str
    media_ids: list[str] | None
    poll: dict[str, Any] | None
    in_reply_to_id: int | None
    quoted_status_id: str | None
    quote_approval_policy: str
    visibility: str
    sensitive: bool
    spoiler_text: str | None
    language: str | None
    application_id: int
    scheduled_at: None = None
    idempotency: None = None
    with_rate_limit: bool = False


class ScheduledExtra(WireModel):
    """What Mastodon's ScheduledStatus has no place for: why the post was not published when its time came."""

    error: str | None


class ScheduledStatusOut(WireModel):
    """Mastodon's ScheduledStatus."""

    id: IdOut
    scheduled_at: Time
    params: ScheduledParamsOut
    media_attachments: list[MediaAttachmentOut]
    weizhi: ScheduledExtra
