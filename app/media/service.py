"""Writes of media."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Invalid
from app.media import limits
from app.media.errors import refused
from app.media.made import Made
from app.media.models import Media
from app.media.queries import get_own_media
from app.media.schemas import MediaAttributes, MediaChange
from app.outbox.publish import enqueue

DELETE_FILES = "media.delete_files"
PROCESS = "media.process"


class MediaInUse(Invalid):
    code = "media_in_use"
    message = "Media attachment is currently used by a status"


class ProcessingFailed(Invalid):
    code = "media_processing_failed"
    message = "Error processing thumbnail for uploaded media"


async def create(session: AsyncSession, *, account_id: int, made: Made, request: MediaChange, now: datetime) -> Media:
    """A row for files that are kept already."""
    media = Media(
        account_id=account_id,
        kind=made.kind,
        state=made.state,
        file=made.file,
        preview=made.preview,
        source=made.source,
        meta=made.meta,
        blurhash=made.blurhash,
        created_at=now,
        unattached_at=now,
    )
    _change(media, request)
    session.add(media)
    await session.flush()
    if media.state == "processing":
        await enqueue(session, PROCESS, [(str(media.id), {"media_id": media.id})])
    return media


async def finish(session: AsyncSession, *, media_id: int, made: Made) -> bool:
    """Let media that was processed be ready; False when it is not there any more, so that its files may go."""
    media = await session.get(Media, media_id, with_for_update=True)
    if media is None or media.state != "processing":
        return False
    await delete_files(session, [media.source])
    media.kind, media.state, media.file, media.source = made.kind, "ready", made.file, None
    if made.preview:
        # One given meanwhile stays.
        media.preview, media.blurhash = media.preview or made.preview, media.blurhash or made.blurhash
        if media.preview != made.preview:
            await delete_files(session, [made.preview])
    media.meta = {**made.meta, **media.meta}
    await session.flush()
    return True


async def fail(session: AsyncSession, *, media_id: int, error: str) -> None:
    """Say that media could not be processed, and why."""
    media = await session.get(Media, media_id, with_for_update=True)
    if media is not None and media.state == "processing":
        await delete_files(session, [media.source])
        media.state, media.source, media.error = "failed", None, error[:500]
        await session.flush()


async def change(
    session: AsyncSession, *, account_id: int, media_id: int, request: MediaChange, thumbnail: Made | None
) -> Media:
    """Say other things about one's own media; `thumbnail` holds a new preview. Raises NotFound."""
    media = await get_own_media(session, id=media_id, account_id=account_id, lock=True)
    _change(media, request)
    if thumbnail:
        await delete_files(session, [media.preview])
        media.preview, media.blurhash = thumbnail.preview, thumbnail.blurhash
        media.meta = {**media.meta, **thumbnail.meta}
    await session.flush()
    return media


async def delete(session: AsyncSession, *, account_id: int, media_id: int) -> None:
    """Delete one's own media that no post uses; raises NotFound or MediaInUse. Its files go soon after."""
    media = await get_own_media(session, id=media_id, account_id=account_id, lock=True)
    if media.post_id is not None or media.reserved_for is not None:
        raise MediaInUse
    await forget(session, [media])


async def forget(session: AsyncSession, several: Collection[Media]) -> None:
    """Delete rows, and have a task delete their files once that is committed."""
    for media in several:
        await delete_files(session, [media.file, media.preview, media.source])
        await session.delete(media)
    await session.flush()


async def delete_files(session: AsyncSession, keys: Collection[str | None]) -> None:
    """Have a task delete kept files once this transaction, which gives up their keys, is committed."""
    named = sorted({key for key in keys if key is not None})
    if named:
        await enqueue(session, DELETE_FILES, [(named[0], {"keys": named})])


# --- For posts -------------------------------------------------------------------------------------


async def attach(session: AsyncSession, *, account_id: int, media_ids: Sequence[int], post_id: int) -> list[Media]:
    """Attach one's own media to one's own post, in this order. The post's row must be flushed.

    Raises Invalid, with Mastodon's messages: more than four; not one's own or another post's; not processed;
    a video beside others. Media that this post has already may be named again, so that edits use it as well.
    """
    attachable = await _attachable(session, account_id=account_id, media_ids=media_ids, post_id=post_id)
    for media in attachable:
        media.post_id, media.unattached_at = post_id, None
    await session.flush()
    return attachable


async def reserve(session: AsyncSession, *, account_id: int, media_ids: Sequence[int], scheduled_id: int) -> None:
    """Keep one's own media for a post that will be published later. Raises Invalid as `attach` does."""
    for media in await _attachable(session, account_id=account_id, media_ids=media_ids, post_id=None):
        media.reserved_for = scheduled_id
    await session.flush()


async def release(session: AsyncSession, *, scheduled_id: int, now: datetime) -> None:
    """Let what was kept for a scheduled post be attached, to it or, within a day, to another."""
    kept = update(Media).where(Media.reserved_for == scheduled_id)
    await session.execute(kept.values(reserved_for=None, unattached_at=now))


async def _attachable(
    session: AsyncSession, *, account_id: int, media_ids: Sequence[int], post_id: int | None
) -> list[Media]:
    wanted = list(dict.fromkeys(media_ids))
    if len(wanted) > limits.FILES_PER_POST:
        raise _unattachable("Cannot attach more than 4 files")
    if not wanted:
        return []
    query = select(Media).where(Media.id.in_(wanted), Media.account_id == account_id).order_by(Media.id)
    found = {media.id: media for media in await session.scalars(query.with_for_update())}
    missing = [id for id in wanted if id not in found or not _free(found[id], post_id)]
    if missing:
        raise _unattachable(f"Media {', '.join(map(str, missing))} not found or already attached to another post")
    if len(wanted) > 1 and any(media.kind == "video" for media in found.values()):
        raise _unattachable("Cannot attach a video to a post that already contains images")
    if any(media.state != "ready" for media in found.values()):
        raise _unattachable("Cannot attach files that have not finished processing. Try again in a moment!")
    return [found[id] for id in wanted]


def _free(media: Media, post_id: int | None) -> bool:
    return media.post_id in (None, post_id) and media.reserved_for is None


async def replace(
    session: AsyncSession,
    *,
    account_id: int,
    post_id: int,
    media_ids: Sequence[int],
    attributes: Sequence[MediaAttributes] = (),
) -> list[Media]:
    """Let a post that is edited have these media, with what `attributes` say of them. Raises Invalid.

    Those it had before stay attached: its earlier versions show them for as long as it is there.
    """
    attached = await attach(session, account_id=account_id, media_ids=media_ids, post_id=post_id)
    by_id = {media.id: media for media in attached}
    for attribute in attributes:
        if attribute.id in by_id:
            _change(by_id[attribute.id], attribute)
    await session.flush()
    return attached


async def detach(session: AsyncSession, *, post_ids: Collection[int], now: datetime) -> None:
    """Let these posts' media go: free to be attached again for a day, then deleted."""
    await session.execute(update(Media).where(Media.post_id.in_(post_ids)).values(post_id=None, unattached_at=now))


async def forget_of_posts(session: AsyncSession, *, post_ids: Collection[int]) -> None:
    """Delete these posts' media at once."""
    await forget(session, (await session.scalars(select(Media).where(Media.post_id.in_(post_ids)))).all())


# --- Steps -----------------------------------------------------------------------------------------


def _change(media: Media, request: MediaChange) -> None:
    if request.description is not None:
        media.description = request.description.strip() or None
    if request.focus is not None:
        x, y = request.focus
        media.meta = {**(media.meta or {}), "focus": {"x": x, "y": y}}


def _unattachable(message: str) -> Invalid:
    return refused(message, field="media_ids")
