"""From an uploaded file to kept files: judged by its content, made anew, written before any row names it."""

import asyncio
import base64
import io
import shutil
from pathlib import Path
from typing import BinaryIO, Literal

from app.kit.uploads import UploadedFile
from app.media import limits, pictures
from app.media.errors import too_big, unknown_type
from app.media.films import FILMS, SLOTS, look, make_film
from app.media.made import Kept, Made, keep
from app.media.pictures import Worked
from app.media.sniff import HEAD_BYTES, sniff
from app.media.store import SOURCE, MediaStore
from app.media.transcoder import Transcoder

PICTURES = frozenset({"jpeg", "png", "webp", "gif"})


async def make(
    store: MediaStore,
    transcoder: Transcoder | None,
    file: UploadedFile,
    thumbnail: UploadedFile | None,
    *,
    wait: bool,
) -> Made:
    """Judge, process and keep an upload. Raises Invalid about `file` or `thumbnail`.

    What a transcoder must work on is only looked at, and kept as it came in state `processing`; with `wait`
    it is worked on here and now.
    """
    async with store.workspace() as folder:
        source, kind = await _received(file, folder / "upload", most=limits.VIDEO_BYTES, field="file")
        preview = await _thumbnail(store, thumbnail, folder) if thumbnail else None
        if kind in PICTURES:
            made = await _picture(store, transcoder, source, kind, folder, file.size, wait=wait)
        else:
            made = await _film(store, transcoder, source, kind, folder, preview=preview is None, wait=wait)
        if preview:
            await store.remove([made.preview] if made.preview else [])
            _use(made, preview)
        return made


async def make_thumbnail(store: MediaStore, thumbnail: UploadedFile) -> Made:
    """Keep a new preview for media that there is. Raises Invalid."""
    async with store.workspace() as folder:
        return await _thumbnail(store, thumbnail, folder)


async def make_picture(store: MediaStore, job: Literal["avatar", "header"], file: UploadedFile) -> Kept:
    """Keep an avatar or a header, cropped to its size. Raises Invalid about the field of that name."""
    async with store.workspace() as folder:
        source, kind = await _received(file, folder / "upload", most=limits.PICTURE_BYTES, field=job)
        if kind not in PICTURES:
            raise unknown_type(job)
        worked = await pictures.work(job, source, kind, folder, field=job)
        key = await keep(store, worked.parts["original"])
        static = worked.parts.get("static")
        return Kept(key, await keep(store, static) if static else key)


def from_data_uri(value: str, *, field: str) -> UploadedFile:
    """The file in a `data:…;base64,…` address. Raises Invalid about `field`."""
    head, separator, content = value.partition(",")
    if not (separator and head.startswith("data:") and head.endswith(";base64")):
        raise unknown_type(field)
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:
        raise unknown_type(field) from None
    return UploadedFile(io.BytesIO(data), len(data))


# --- Kinds -----------------------------------------------------------------------------------------


async def _picture(
    store: MediaStore,
    transcoder: Transcoder | None,
    source: Path,
    kind: str,
    folder: Path,
    size: int,
    *,
    wait: bool,
) -> Made:
    if size > limits.IMAGE_BYTES:
        raise too_big(limits.IMAGE_BYTES)
    if kind == "gif" and transcoder:
        still = await pictures.work("still", source, kind, folder)
        if still.animated:
            made = await _as_film(store, transcoder, source, kind, folder, preview=False, wait=wait)
            _use(made, await _small(store, still))
            return made
    worked = await pictures.work("image", source, kind, folder)
    original = worked.parts["original"]
    made = Made(kind="image", file=await keep(store, original), meta={"original": original.details})
    _use(made, await _small(store, worked))
    return made


async def _film(
    store: MediaStore,
    transcoder: Transcoder | None,
    source: Path,
    kind: str,
    folder: Path,
    *,
    preview: bool,
    wait: bool,
) -> Made:
    if kind not in FILMS:
        raise unknown_type()
    if kind in ("mp4", "mov"):
        await look(source)
    if transcoder is None:
        # Only bytes are moved: no reason to let anyone wait for a worker.
        return await make_film(store, None, source, kind, folder, preview=preview)
    return await _as_film(store, transcoder, source, kind, folder, preview=preview, wait=wait)


async def _as_film(
    store: MediaStore, transcoder: Transcoder, source: Path, kind: str, folder: Path, *, preview: bool, wait: bool
) -> Made:
    if wait:
        async with SLOTS.one():
            return await make_film(store, transcoder, source, kind, folder, preview=preview)
    kept = await store.keep(source, ending=SOURCE)
    return Made(kind="gifv" if kind == "gif" else "video", state="processing", source=kept)


# --- Previews --------------------------------------------------------------------------------------


async def _thumbnail(store: MediaStore, thumbnail: UploadedFile, folder: Path) -> Made:
    path, kind = await _received(thumbnail, folder / "thumbnail", most=limits.IMAGE_BYTES, field="thumbnail")
    if kind not in PICTURES:
        raise unknown_type("thumbnail")
    # Its results have the same names as those of the file itself.
    own = folder / "of-thumbnail"
    own.mkdir()
    return await _small(store, await pictures.work("still", path, kind, own, field="thumbnail"))


async def _small(store: MediaStore, worked: Worked) -> Made:
    small = worked.parts["small"]
    return Made(kind="image", preview=await keep(store, small), meta={"small": small.details}, blurhash=worked.blurhash)


def _use(made: Made, preview: Made) -> None:
    made.preview, made.blurhash = preview.preview, preview.blurhash
    made.meta = {**made.meta, **preview.meta}


# --- Files -----------------------------------------------------------------------------------------


async def _received(file: UploadedFile, path: Path, *, most: int, field: str) -> tuple[Path, str]:
    """The upload as a file in the workspace, and what it is."""
    if file.size > most:
        raise too_big(most, field)
    kind = await asyncio.to_thread(_copy, file.file, path)
    if kind is None:
        raise unknown_type(field)
    return path, kind


def _copy(file: BinaryIO, path: Path) -> str | None:
    file.seek(0)
    kind = sniff(file.read(HEAD_BYTES))
    if kind is not None:
        file.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(file, target, 1024 * 1024)
    return kind
