"""Reads of media."""

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.media.models import Media


async def load_media(session: AsyncSession, *, ids: Collection[int]) -> dict[int, Media]:
    """Media by id, of those that exist."""
    if not ids:
        return {}
    return {media.id: media for media in await session.scalars(select(Media).where(Media.id.in_(ids)))}


async def get_own_media(session: AsyncSession, *, id: int, account_id: int, lock: bool = False) -> Media:
    """One's own media; raises NotFound. With `lock` it stays as it is until the transaction ends."""
    query = select(Media).where(Media.id == id, Media.account_id == account_id)
    media = await session.scalar(query.with_for_update() if lock else query)
    if media is None:
        raise NotFound
    return media


async def load_used_keys(session: AsyncSession, *, keys: Collection[str]) -> set[str]:
    """Those of `keys` that some media names."""
    columns = (Media.file, Media.preview, Media.source)
    rows = await session.execute(select(*columns).where(or_(*(column.in_(keys) for column in columns))))
    return {key for row in rows for key in row if key is not None}
