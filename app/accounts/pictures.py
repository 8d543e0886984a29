"""The pictures that come with a change of profile."""

from collections.abc import Mapping
from typing import Literal

from app.accounts.schemas import ProfileUpdate
from app.kit.uploads import UploadedFile
from app.media.intake import from_data_uri, make_picture
from app.media.made import Kept
from app.media.store import MediaStore

NAMES: tuple[Literal["avatar", "header"], ...] = ("avatar", "header")


async def take_pictures(
    store: MediaStore, body: ProfileUpdate, files: Mapping[str, UploadedFile]
) -> dict[str, Kept | None]:
    """Keep the pictures sent, as files or as data URIs, by name. Raises Invalid about the field of that name."""
    pictures: dict[str, Kept | None] = {}
    for name in NAMES:
        text: str | None = getattr(body, name)
        file = files.get(name) or (from_data_uri(text, field=name) if text else None)
        if file:
            pictures[name] = await make_picture(store, name, file)
    return pictures
