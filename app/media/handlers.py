"""Background work on media: convert films, delete files nobody needs."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import log
from app.kit.db import Database
from app.kit.errors import Invalid
from app.media import limits
from app.media.films import SLOTS, FilmsBusy, make_film
from app.media.made import Made
from app.media.models import Media
from app.media.service import fail, finish, forget
from app.media.sniff import HEAD_BYTES, sniff
from app.media.store import MediaStore
from app.media.transcoder import Transcoder

logger = log.logger(__name__)

_TIDIED_AT_ONCE = 200
UsedKeys = Callable[..., Awaitable[Collection[str]]]


async def process(
    session: AsyncSession,
    db: Database,
    store: MediaStore,
    transcoder: Transcoder | None,
    payloads: Sequence[Mapping[str, Any]],
) -> None:
    """Turn an upload in state `processing` into an MP4, or say that it cannot be. Raises FilmsBusy."""
    for payload in payloads:
        if SLOTS.one().locked():
            raise FilmsBusy
        async with SLOTS.one():
            await _process(session, db, store, transcoder, payload["media_id"])


async def _process(
    session: AsyncSession, db: Database, store: MediaStore, transcoder: Transcoder | None, media_id: int
) -> None:
    # Not in the task's own session: its transaction would stay open for as long as a film takes.
    async with db.reading() as reading:
        media = await reading.scalar(select(Media).where(Media.id == media_id, Media.state == "processing"))
    if media is None:
        return
    try:
        made = await _convert(store, transcoder, media)
    except Invalid as refusal:
        await fail(session, media_id=media_id, error=refusal.text)
        return
    if not await finish(session, media_id=media_id, made=made):
        await store.remove([key for key in (made.file, made.preview) if key])


async def _convert(store: MediaStore, transcoder: Transcoder | None, media: Media) -> Made:
    source = store.find(media.source) if media.source else None
    if source is None:
        raise Invalid("The uploaded file is gone")
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    async with store.workspace() as folder:
        return await make_film(store, transcoder, source, kind or "", folder, preview=media.preview is None)


async def delete_files(store: MediaStore, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Delete files whose rows are gone."""
    for payload in payloads:
        await store.remove(payload["keys"])


async def forget_unattached(session: AsyncSession, *, now: datetime) -> int:
    """Delete media that no post took for a day; how many (some hundreds at a time, the rest next time)."""
    query = (
        select(Media)
        .where(Media.unattached_at < now - limits.UNATTACHED_KEPT, Media.reserved_for.is_(None))
        .order_by(Media.unattached_at)
    )
    found = (await session.scalars(query.limit(_TIDIED_AT_ONCE).with_for_update(skip_locked=True))).all()
    await forget(session, found)
    return len(found)


async def sweep(db: Database, store: MediaStore, users: Sequence[UsedKeys], *, now: datetime) -> int:
    """Delete files older than a day whose keys none of `users` (queries that take `keys`) names; how many."""
    removed = 0
    async for keys in store.list_before(now - limits.UNATTACHED_KEPT):
        async with db.reading() as session:
            used = {key for user in users for key in await user(session, keys=keys)}
        orphans = [key for key in keys if key not in used]
        await store.remove(orphans)
        removed += len(orphans)
    return removed
