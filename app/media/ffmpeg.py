"""Films through ffmpeg: a program of the machine's, never linked or shipped, kept on a short lead.

It sees one file by a format we name, opens nothing else (no playlists, no network), has little memory,
a deadline, two threads, and low priority. Which ffmpeg: WEIZHI_FFMPEG, or the one on PATH.
"""

import sys
from pathlib import Path

from app.media import confined, limits
from app.media.programs import ProgramFailed, run
from app.media.transcoder import CannotConvert

_MEMORY = 3 * 1024 * 1024 * 1024
_LARGEST_RESULT = 256 * 1024 * 1024
_FRAME_SECONDS = 30.0
_FORMATS = {"mp4": "mov", "mov": "mov", "webm": "matroska", "gif": "gif"}
_EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2:flags=bicubic,setsar=1,format=yuv420p"
_ENCODE = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", "4M", "-bufsize", "8M", "-vf", _EVEN),
    *("-c:a", "aac", "-b:a", "128k", "-ac", "2"),
)


class Ffmpeg:
    """Runs the ffmpeg at a path."""

    def __init__(self, program: Path) -> None:
        self._program = program

    async def to_mp4(self, source: Path, target: Path, *, kind: str, copy: bool, folder: Path) -> None:
        streams = ("-map", "0:v:0", *(() if kind == "gif" else ("-map", "0:a:0?")))
        await self._run(
            *("-f", _FORMATS[kind], "-max_pixels", str(limits.VIDEO_MATRIX), "-i", f"file:{source}"),
            *(*streams, "-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn"),
            *(("-c", "copy") if copy else _ENCODE),
            *("-t", str(limits.VIDEO_SECONDS), "-fflags", "+bitexact", "-movflags", "+faststart"),
            *("-f", "mp4", f"file:{target}"),
            seconds=limits.FILM_SECONDS,
            folder=folder,
        )

    async def frame(self, source: Path, target: Path, *, folder: Path) -> None:
        await self._run(
            *("-f", "mov", "-max_pixels", str(limits.VIDEO_MATRIX), "-i", f"file:{source}"),
            *("-map", "0:v:0", "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3"),
            *("-f", "image2", "-update", "1", f"file:{target}"),
            seconds=_FRAME_SECONDS,
            folder=folder,
        )

    async def _run(self, *arguments: str, seconds: float, folder: Path) -> None:
        # The limits are set by a small program that then becomes ffmpeg; processor time counts each thread.
        confining = [sys.executable, "-I", "-S", confined.__file__, _MEMORY, 2 * int(seconds), _LARGEST_RESULT, "--"]
        options = ("-nostdin", "-hide_banner", "-v", "error", "-y", "-threads", "2", "-protocol_whitelist", "file")
        try:
            await run([*map(str, confining), self._program, *options, *arguments], seconds=seconds, folder=folder)
        except ProgramFailed as failed:
            raise CannotConvert(str(failed)) from None
