"""The port to a program that reads and writes films."""

from pathlib import Path
from typing import Protocol


class CannotConvert(Exception):
    """The program could not read the film, or took too long over it."""


class Transcoder(Protocol):
    """Turns films into MP4 that plays everywhere (H.264, AAC), without metadata."""

    async def to_mp4(self, source: Path, target: Path, *, kind: str, copy: bool, folder: Path) -> None:
        """Convert `source` of `kind` (mp4, mov, webm, gif); with `copy` only repack. Raises CannotConvert."""
        ...

    async def frame(self, source: Path, target: Path, *, folder: Path) -> None:
        """Write the first picture of an MP4 as a JPEG. Raises CannotConvert."""
        ...
