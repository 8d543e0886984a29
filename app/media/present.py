"""Media as apps read them."""

from app.kit.site import Site
from app.media.models import Media
from app.media.schemas import MediaAttachmentOut, MediaMetaOut


def present_media(media: Media, *, site: Site) -> MediaAttachmentOut:
    """One file as Mastodon's MediaAttachment."""
    url = site.media_url(media.file) if media.file else None
    preview_url = site.media_url(media.preview) if media.preview else None
    return MediaAttachmentOut.model_validate(
        {
            "id": media.id,
            "type": media.kind,
            "url": url,
            "preview_url": preview_url,
            "meta": MediaMetaOut.model_validate(media.meta),
            "description": media.description,
            "blurhash": media.blurhash,
        }
    )
