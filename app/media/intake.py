"""From an uploaded file to kept files: judged by its content, made anew, written before any row names it."""

import asyncio
import base64
import io
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from app.kit.uploads import UploadedFile
from app.media import limits, pictures
from app.media.errors import too_big, unknown_type
from app.media.pictures import Written
from app.media.sniff import HEAD_BYTES, sniff
from app.media.store import MediaStore

PICTURES = frozenset({"jpeg", "png", "webp", "gif"})


@dataclass(slots=True)
class Made:
    """What became of an upload: the columns of its row, as far as they are known."""

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


async def make(store: MediaStore, file: UploadedFile, thumbnail: UploadedFile | None) -> Made:
    """Judge, process and keep an upload. Raises Invalid about `file` or `thumbnail`."""
    async with store.workspace() as folder:
        source, kind = await _received(file, folder / "upload", most=limits.VIDEO_BYTES, field="file")
        if kind in PICTURES:
            made = await _picture(store, source, kind, folder, file.size)
        else:
            raise unknown_type()
        if thumbnail:
            await use_thumbnail(store, made, thumbnail, folder)
        return made


async def use_thumbnail(store: MediaStore, made: Made, thumbnail: UploadedFile, folder: Path) -> None:
    """Let `thumbnail` be the preview of `made`. Raises Invalid."""
    path, kind = await _received(thumbnail, folder / "thumbnail", most=limits.IMAGE_BYTES, field="thumbnail")
    if kind not in PICTURES:
        raise unknown_type("thumbnail")
    # Its results have the names of the picture's own, which are kept already.
    own = folder / "of-thumbnail"
    own.mkdir()
    worked = await pictures.work("still", path, kind, own, field="thumbnail")
    small = worked.parts["small"]
    made.preview = await keep(store, small)
    made.meta = {**made.meta, "small": small.details}
    made.blurhash = worked.blurhash


async def make_thumbnail(store: MediaStore, thumbnail: UploadedFile) -> Made:
    """Keep a new preview for media that there is. Raises Invalid."""
    async with store.workspace() as folder:
        made = Made(kind="image")
        await use_thumbnail(store, made, thumbnail, folder)
        return made


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


async def keep(store: MediaStore, written: Written) -> str:
    """Keep what a picture's work wrote; its key."""
    return await store.keep(written.file, ending=written.file.suffix.removeprefix("."))


async def _picture(store: MediaStore, source: Path, kind: str, folder: Path, size: int) -> Made:
    if size > limits.IMAGE_BYTES:
        raise too_big(limits.IMAGE_BYTES)
    worked = await pictures.work("image", source, kind, folder)
    original, small = worked.parts["original"], worked.parts["small"]
    return Made(
        kind="image",
        file=await keep(store, original),
        preview=await keep(store, small),
        meta={"original": original.details, "small": small.details},
        blurhash=worked.blurhash,
    )


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
