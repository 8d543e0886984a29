"""Scheduled posts as apps read them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.site import Site
from app.media.present import present_media
from app.media.queries import load_media
from app.posts.schemas import PostCreate
from app.scheduled.models import ScheduledPost
from app.scheduled.schemas import ScheduledExtra, ScheduledParamsOut, ScheduledStatusOut


async def present_scheduled(
    session: AsyncSession, several: Sequence[ScheduledPost], *, site: Site
) -> list[ScheduledStatusOut]:
    """Each as Mastodon's ScheduledStatus, with its media. One statement, none without media."""
    held = await load_media(session, ids={id for scheduled in several for id in scheduled.media_ids})
    return [
        ScheduledStatusOut(
            id=scheduled.id,
            scheduled_at=scheduled.scheduled_at,
            params=_params(scheduled),
            media_attachments=[present_media(held[id], site=site) for id in scheduled.media_ids if id in held],
            weizhi=ScheduledExtra(error=scheduled.error),
        )
        for scheduled in several
    ]


def _params(scheduled: ScheduledPost) -> ScheduledParamsOut:
    request = PostCreate.model_validate(scheduled.request)
    return ScheduledParamsOut(
        text=request.status,
        media_ids=[str(id) for id in request.media_ids] or None,
        poll=request.poll.model_dump() if request.poll else None,
        in_reply_to_id=request.in_reply_to_id,
        quoted_status_id=str(request.quoted_status_id) if request.quoted_status_id else None,
        quote_approval_policy=request.quote_approval_policy or "public",
        visibility=request.visibility or "public",
        sensitive=bool(request.sensitive),
        spoiler_text=request.spoiler_text or None,
        language=request.language,
        application_id=scheduled.app_id or 0,
    )
