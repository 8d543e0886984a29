"""Media on the wire: Mastodon's MediaAttachment, and what clients send about media."""

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, model_serializer

from app.kit.wire import IdIn, IdOut, RequestModel, WireModel
from app.media.limits import DESCRIPTION_LENGTH


class _Sparse(WireModel):
    """Mastodon leaves out what there is not."""

    @model_serializer(mode="wrap")
    def _present(self, handler: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        return {key: value for key, value in handler(self).items() if value is not None}


class MediaDetailsOut(_Sparse):
    """Measures of a file, or of its preview. `frame_rate` is a fraction such as `30/1`."""

    width: int | None = None
    height: int | None = None
    size: str | None = None
    aspect: float | None = None
    frame_rate: str | None = None
    duration: float | None = None
    bitrate: int | None = None


class FocusOut(WireModel):
    """The point that should stay visible when a preview is cropped: from -1,-1 (left, bottom) to 1,1."""

    x: float
    y: float


class MediaMetaOut(_Sparse):
    """What is known of a file and its preview."""

    original: MediaDetailsOut | None = None
    small: MediaDetailsOut | None = None
    focus: FocusOut | None = None


class MediaAttachmentOut(WireModel):
    """Mastodon's MediaAttachment. `url` is null while the file is being processed."""

    id: IdOut
    type: Literal["unknown", "image", "gifv", "video", "audio"]
    url: str | None
    preview_url: str | None
    remote_url: str | None = None
    text_url: str | None = None
    meta: MediaMetaOut
    description: str | None
    blurhash: str | None


def _point(value: Any) -> Any:
    """`0.5,-0.2` as forms send it, or two numbers; an empty one is none."""
    if isinstance(value, str):
        if not value.strip():
            return None
        value = value.split(",")
    if isinstance(value, list | tuple) and len(value) == 2:
        try:
            x, y = (float(part) for part in value)
        except (TypeError, ValueError):
            raise ValueError("must be two numbers, such as 0.5,-0.2") from None
        if not (math.isfinite(x) and math.isfinite(y) and -1 <= x <= 1 and -1 <= y <= 1):
            raise ValueError("must be within -1.0 and 1.0")
        return x, y
    raise ValueError("must be two numbers, such as 0.5,-0.2")


Focus = Annotated[
    tuple[float, float] | None, BeforeValidator(_point, json_schema_input_type=Annotated[str, Field(max_length=100)])
]
Description = Annotated[str, Field(max_length=DESCRIPTION_LENGTH)]


class MediaChange(RequestModel):
    """What one says about a file; what is absent stays. The file and its thumbnail come as files."""

    description: Description | None = None
    focus: Focus = None


class MediaAttributes(MediaChange):
    """The same about one of a post's files, when the post is edited."""

    id: IdIn
