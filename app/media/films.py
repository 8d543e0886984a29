"""Films: an upload becomes an MP4 without anything but the film, a preview, and a blur."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from app.kit.errors import Invalid, Unavailable
from app.media import boxes, limits, pictures
from app.media.boxes import Film, NotAFilm
from app.media.errors import refused, unknown_type
from app.media.made import Made, keep
from app.media.programs import Slots
from app.media.store import MediaStore
from app.media.transcoder import CannotConvert, Transcoder

FILMS = frozenset({"mp4", "mov", "webm"})
# One at a time in a process: a film takes all the cores it is given.
SLOTS = Slots(1)


class FilmsBusy(Unavailable):
    code = "films_busy"
    message = "Another film is being processed; please try again shortly"


async def make_film(
    store: MediaStore, transcoder: Transcoder | None, source: Path, kind: str, folder: Path, *, preview: bool
) -> Made:
    """Make and keep an MP4 of `source`; without `preview` there is one already. Raises Invalid about `file`.

    Without a transcoder only MP4 can be made: it is kept as it is, all but the film blanked out.
    """
    target = folder / "film.mp4"
    try:
        if transcoder:
            await _convert(transcoder, source, kind, target, folder)
        elif kind == "mp4":
            await asyncio.to_thread(shutil.copyfile, source, target)
        else:
            raise unknown_type()
        film = await asyncio.to_thread(boxes.clean, target)
    except CannotConvert:
        raise refused("Validation failed: the film cannot be converted") from None
    except NotAFilm:
        raise unknown_type() from None
    check(film)
    if film.has_data_tracks:
        raise refused("Validation failed: films with tracks besides picture and sound are not supported here")
    details = _details(film, target.stat().st_size)
    made = Made(kind="gifv" if kind == "gif" else "video", meta={"original": details})
    if preview:
        await _preview(store, transcoder, target, film, folder, made)
    made.file = await store.keep(target, ending="mp4")
    return made


def check(film: Film) -> None:
    """Raise Invalid when a film is larger or faster than we take."""
    picture, rate = film.picture, film.frame_rate
    if picture.width * picture.height > limits.VIDEO_MATRIX:
        raise refused(f"{picture.width}x{picture.height} videos are not supported")
    if rate is not None and rate > limits.VIDEO_FRAME_RATE:
        raise refused(f"{int(rate)}fps videos are not supported")


async def look(source: Path) -> None:
    """Refuse at once an MP4 that is none, or more than we take. Raises Invalid."""
    try:
        check(await asyncio.to_thread(boxes.read, source))
    except NotAFilm:
        raise unknown_type() from None


async def _convert(transcoder: Transcoder, source: Path, kind: str, target: Path, folder: Path) -> None:
    copy = False
    if kind in ("mp4", "mov"):
        film = await asyncio.to_thread(boxes.read, source)
        check(film)
        sounds = {track.codec for track in film.tracks if track.handler == b"soun"}
        copy = film.picture.codec == b"avc1" and sounds <= {b"mp4a"}
    await transcoder.to_mp4(source, target, kind=kind, copy=copy, folder=folder)


async def _preview(
    store: MediaStore, transcoder: Transcoder | None, target: Path, film: Film, folder: Path, made: Made
) -> None:
    if transcoder:
        frame = folder / "frame.jpg"
        try:
            await transcoder.frame(target, frame, folder=folder)
            worked = await pictures.work("still", frame, "jpeg", folder)
        except (CannotConvert, Invalid):
            worked = await pictures.blank(film.picture.width, film.picture.height, folder)
    else:
        worked = await pictures.blank(film.picture.width, film.picture.height, folder)
    small = worked.parts["small"]
    made.preview = await keep(store, small)
    made.meta = {**made.meta, "small": small.details}
    made.blurhash = worked.blurhash


def _details(film: Film, size: int) -> dict[str, Any]:
    picture, rate = film.picture, film.frame_rate
    seconds = float(film.seconds or picture.seconds)
    details: dict[str, Any] = {
        "width": picture.width,
        "height": picture.height,
        "size": f"{picture.width}x{picture.height}",
        "aspect": picture.width / picture.height,
    }
    if rate is not None:
        details["frame_rate"] = f"{rate.numerator}/{rate.denominator}"
    if seconds:
        details |= {"duration": round(seconds, 3), "bitrate": int(size * 8 / seconds)}
    return details
