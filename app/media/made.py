"""What becomes of an upload before a row names it."""

from dataclasses import dataclass, field
from typing import Any

from app.media.pictures import Written
from app.media.store import MediaStore


@dataclass(slots=True)
class Made:
    """Kept files and what is known of them: columns of a row, as far as they are there."""

    kind: str
    state: str = "ready"
    file: str | None = None
    preview: str | None = None
    source: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)
    blurhash: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept avatar or header: its key, and that of its still, which is the same unless it moves."""

    key: str
    static_key: str


async def keep(store: MediaStore, written: Written) -> str:
    """Keep what a picture's work wrote; its key."""
    return await store.keep(written.file, ending=written.file.suffix.removeprefix("."))
