"""One owner for a folder. The kernel frees the lock when its holder dies, however it dies."""

import fcntl
import os
from pathlib import Path

from app.local.errors import LocalError


class FolderLock:
    """A lock kept in the file `path`, which also says who holds it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock, at once; again is harmless. Raises `LocalError` naming the process that holds it."""
        if self._file is not None:
            return
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LocalError(f"{self._path.parent} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(file)
            raise LocalError(f"{self._path.parent} is already in use by process {holder}") from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes hold 'the' lock."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
