"""Media: upload, look after, change, delete; and the files themselves."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import FileResponse

from app.kit.clock import now
from app.kit.errors import NotFound, field_error
from app.kit.http import CurrentSite, Files, PathId, Reading, Transaction
from app.kit.uploads import UploadedFile, UploadRule, describe_files
from app.kit.wire import WireModel
from app.media import intake, limits, queries, service
from app.media.models import Media
from app.media.present import present_media
from app.media.schemas import MediaAttachmentOut, MediaChange
from app.media.store import CONTENT_TYPES, KEY, MediaStore
from app.media.transcoder import Transcoder
from app.oauth.actor import Actor, requires

router = APIRouter(tags=["media"])

_SLACK = 64 * 1024
UPLOADS = (
    UploadRule(
        "POST",
        re.compile(r"/api/v[12]/media"),
        frozenset({"file", "thumbnail"}),
        limits.VIDEO_BYTES + limits.IMAGE_BYTES + _SLACK,
    ),
    UploadRule("PUT", re.compile(r"/api/v1/media/[^/]+"), frozenset({"thumbnail"}), limits.IMAGE_BYTES + _SLACK),
)
_THUMBNAIL = "A preview of your own: JPEG, PNG, WebP or GIF."
_UPLOAD = describe_files("file", file="JPEG, PNG, WebP, GIF or MP4.", thumbnail=_THUMBNAIL)
# Files never change under their address, and nothing in one may ever act as a page of ours.
_SERVED = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

Owner = Annotated[Actor, requires("write:media")]


def _store(request: Request) -> MediaStore:
    store: MediaStore = request.app.state.resources.media
    return store


def _transcoder(request: Request) -> Transcoder | None:
    transcoder: Transcoder | None = request.app.state.resources.transcoder
    return transcoder


Store = Annotated[MediaStore, Depends(_store)]
MaybeTranscoder = Annotated[Transcoder | None, Depends(_transcoder)]


class Nothing(WireModel):
    """Done, and there is nothing to tell."""


@router.post(
    "/api/v2/media",
    response_model=MediaAttachmentOut,
    responses={202: {"model": MediaAttachmentOut, "description": "Accepted, and being processed: its url is null"}},
    openapi_extra=_UPLOAD,
)
async def upload_media(
    body: MediaChange,
    files: Files,
    actor: Owner,
    session: Transaction,
    store: Store,
    transcoder: MaybeTranscoder,
    site: CurrentSite,
    response: Response,
) -> MediaAttachmentOut:
    """Upload a file to attach to a post. 200 when it is ready; 202 while it is being processed: ask again."""
    made = await intake.make(store, transcoder, _required(files), files.get("thumbnail"), wait=False)
    media = await service.create(session, account_id=actor.account_id, made=made, request=body, now=now())
    response.status_code = 202 if media.state == "processing" else 200
    return present_media(media, site=site)


@router.post("/api/v1/media", response_model=MediaAttachmentOut, openapi_extra=_UPLOAD)
async def upload_media_and_wait(
    body: MediaChange,
    files: Files,
    actor: Owner,
    session: Transaction,
    store: Store,
    transcoder: MaybeTranscoder,
    site: CurrentSite,
) -> MediaAttachmentOut:
    """Upload a file to attach to a post; the answer comes when it is ready. Prefer version 2."""
    made = await intake.make(store, transcoder, _required(files), files.get("thumbnail"), wait=True)
    media = await service.create(session, account_id=actor.account_id, made=made, request=body, now=now())
    return present_media(media, site=site)


@router.get(
    "/api/v1/media/{id}",
    response_model=MediaAttachmentOut,
    responses={206: {"model": MediaAttachmentOut, "description": "Being processed: its url is null"}},
)
async def get_media(
    id: PathId, actor: Owner, session: Reading, site: CurrentSite, response: Response
) -> MediaAttachmentOut:
    """Your own file: 206 while it is being processed, 422 when that failed."""
    media = await queries.get_own_media(session, id=id, account_id=actor.account_id)
    if media.state == "failed":
        raise service.ProcessingFailed
    response.status_code = 206 if media.state == "processing" else 200
    return present_media(media, site=site)


@router.put("/api/v1/media/{id}", response_model=MediaAttachmentOut, openapi_extra=describe_files(thumbnail=_THUMBNAIL))
async def update_media(
    id: PathId, body: MediaChange, files: Files, actor: Owner, session: Transaction, store: Store, site: CurrentSite
) -> MediaAttachmentOut:
    """Change the description, the focal point or the preview of your own file."""
    thumbnail = None
    if "thumbnail" in files:
        thumbnail = await intake.make_thumbnail(store, files["thumbnail"])
    media: Media = await service.change(
        session, account_id=actor.account_id, media_id=id, request=body, thumbnail=thumbnail
    )
    return present_media(media, site=site)


@router.delete("/api/v1/media/{id}", response_model=Nothing)
async def delete_media(id: PathId, actor: Owner, session: Transaction) -> Nothing:
    """Delete your own file, unless a post uses it."""
    await service.delete(session, account_id=actor.account_id, media_id=id)
    return Nothing()


@router.get("/media/{key}", response_class=FileResponse)
async def get_file(key: Annotated[str, Path(max_length=64)], store: Store) -> FileResponse:
    """A file itself, whole or in ranges. Whoever has its address may read it."""
    path = store.find(key) if KEY.fullmatch(key) else None
    if path is None:
        raise NotFound
    return FileResponse(path, media_type=CONTENT_TYPES[path.suffix.removeprefix(".")], headers=_SERVED)


def _required(files: Files) -> UploadedFile:
    if "file" not in files:
        raise field_error("file", "ERR_BLANK", "can't be blank")
    return files["file"]
