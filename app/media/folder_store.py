"""Files kept in a folder of this machine, or one that machines share."""

import asyncio
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path

from app.media.store import KEY, SOURCE

_SOURCE_KEY = re.compile(rf"[0-9a-f]{{32}}\.{SOURCE}")


class FolderStore:
    """`files` holds what is served, `sources` what waits to be processed, `work` what is being made.

    A front proxy may serve `files` itself; the others are nobody's to see.
    """

    def __init__(self, root: Path) -> None:
        """Nothing is made before it is needed, so that a process that keeps no files may lack the folder."""
        self._root = root.absolute()

    @asynccontextmanager
    async def workspace(self) -> AsyncIterator[Path]:
        folder = await asyncio.to_thread(self._new_workspace)
        try:
            yield folder
        finally:
            # Not to be cut short by a caller that went away.
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def keep(self, file: Path, *, ending: str) -> str:
        key = f"{secrets.token_hex(16)}.{ending}"
        await asyncio.to_thread(_move_durably, file, self._path(key))
        return key

    def find(self, key: str) -> Path | None:
        if not (KEY.fullmatch(key) or _SOURCE_KEY.fullmatch(key)):
            return None
        path = self._path(key)
        return path if path.is_file() else None

    async def remove(self, keys: Collection[str]) -> None:
        await asyncio.to_thread(self._remove, keys)

    async def list_before(self, moment: datetime, *, at_once: int = 500) -> AsyncIterator[list[str]]:
        found = self._kept_before(moment.timestamp())
        while keys := await asyncio.to_thread(lambda: list(islice(found, at_once))):
            yield keys

    def _new_workspace(self) -> Path:
        work = self._root / "work"
        work.mkdir(mode=0o750, parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=work))

    def _path(self, key: str) -> Path:
        part = "sources" if key.endswith(f".{SOURCE}") else "files"
        return self._root / part / key[:2] / key[2:4] / key

    def _remove(self, keys: Collection[str]) -> None:
        for key in keys:
            if KEY.fullmatch(key) or _SOURCE_KEY.fullmatch(key):
                self._path(key).unlink(missing_ok=True)

    def _kept_before(self, moment: float) -> Iterator[str]:
        """Leftovers of work that was cut off go on the way."""
        for folder in (self._root / "work").glob("*"):
            with suppress(FileNotFoundError):
                if folder.stat().st_mtime < moment:
                    shutil.rmtree(folder, ignore_errors=True)
        for part in ("files", "sources"):
            for path in (self._root / part).glob("??/??/*"):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < moment:
                        yield path.name


def _move_durably(file: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o640)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    # The workspace is of the same file system, so this is atomic.
    file.replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
