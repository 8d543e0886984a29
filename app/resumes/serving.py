"""How routes reach private files, and hand them out."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import FileResponse

from app.media.store import MediaStore
from app.resumes import rules

# What a route that hands one out says of its answer.
DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {content_type: {"schema": {"type": "string", "format": "binary"}} for content_type in rules.ENDINGS}
    }
}


def private_store(request: Request) -> MediaStore:
    """Where files are kept that nobody but their readers may see."""
    store: MediaStore = request.app.state.resources.private
    return store


PrivateStore = Annotated[MediaStore, Depends(private_store)]


def download(path: Path, *, name: str, content_type: str) -> FileResponse:
    """A private file as an attachment: never shown as a page of ours, never kept by anything between."""
    return FileResponse(
        path,
        media_type=content_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
