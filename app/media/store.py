"""The port to where files are kept."""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

# Random, so that nobody finds a file by guessing; the ending alone says how it is served.
KEY = re.compile(r"[0-9a-f]{32}\.(jpg|png|webp|gif|mp4)")
CONTENT_TYPES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
}
# How a file as it came is kept until it is processed: with its metadata, so never served.
SOURCE = "source"


class MediaStore(Protocol):
    """Keeps files under keys that it makes."""

    def workspace(self) -> AbstractAsyncContextManager[Path]:
        """A new, empty folder for work on files; it is gone afterwards."""
        ...

    async def keep(self, file: Path, *, ending: str) -> str:
        """Take `file` over from a workspace, durably; the key it is kept under. `ending` as in KEY, or SOURCE."""
        ...

    def find(self, key: str) -> Path | None:
        """Where the file is, to read; None when there is none, or the key is not one."""
        ...

    async def remove(self, keys: Collection[str]) -> None:
        """Remove files; those that are not there are no matter."""
        ...

    def list_before(self, moment: datetime, *, at_once: int = 500) -> AsyncIterator[list[str]]:
        """The keys of files kept before `moment`, some at a time."""
        ...
