"""Step four for topics."""

import hashlib
from collections.abc import Sequence

from app.kit.site import Site
from app.reading import schemas
from app.tags.queries import DayOfUse


def present_tag(
    tag: str, history: Sequence[DayOfUse], *, site: Site, following: bool | None, featuring: bool | None = None
) -> schemas.TagDetailOut:
    """A topic as Mastodon's Tag; `following` and `featuring` are None for a reader who is not signed in."""
    return schemas.TagDetailOut(
        id=_id(tag),
        name=tag,
        url=site.tag_url(tag),
        history=[
            schemas.TagDayOut(day=str(day.day), uses=str(day.uses), accounts=str(day.accounts)) for day in history
        ],
        following=following,
        featuring=featuring,
    )


def _id(tag: str) -> str:
    # Topics have no rows of their own: a number that is always the same for one is all that apps need.
    return str(int.from_bytes(hashlib.sha256(tag.encode()).digest()[:8]) >> 1)
