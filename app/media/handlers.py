"""Background work on media."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.media.store import MediaStore


async def delete_files(_session: AsyncSession, store: MediaStore, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Delete files whose rows are gone."""
    for payload in payloads:
        await store.remove(payload["keys"])
