"""A post through its edits."""

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.kit.site import Site
from app.media.models import Media
from app.media.present import present_media
from app.media.queries import load_media
from app.posts.models import PostRevision
from app.posts.queries import list_revisions
from app.reading.edits import EditedPollOut, StatusEditOut
from app.reading.hydrate import HydratedPost, hydrate
from app.reading.present import present_words
from app.reading.present_account import present_account
from app.reading.rules import visible


async def read_history(session: AsyncSession, *, id: int, viewer_id: int | None, site: Site) -> list[StatusEditOut]:
    """Each version of a post, the first one first; one alone where it was never edited. Raises NotFound."""
    hydrated = await hydrate(session, ids=[id], viewer_id=viewer_id)
    item = hydrated.posts.get(id)
    if item is None or not visible(item, hydrated):
        raise NotFound
    original = hydrated.posts.get(item.post.repost_of_id) if item.post.repost_of_id else item
    if original is None:
        raise NotFound
    post, poll = original.post, hydrated.polls.get(original.post.poll_id or 0)
    versions = [*await list_revisions(session, post=post)] if post.edited_at else []
    now = PostRevision(
        text=post.text,
        spoiler_text=post.spoiler_text,
        sensitive=post.sensitive,
        media=[
            {"id": id, "description": hydrated.media[id].description} for id in post.media_ids if id in hydrated.media
        ],
        poll_options=poll.options if poll else None,
        created_at=post.edited_at or post.created_at,
    )
    ids = {file["id"] for version in versions for file in version.media}
    held = {**hydrated.media, **await load_media(session, ids=ids - hydrated.media.keys())}
    return [_version(original, version, held, site) for version in (*versions, now)]


def _version(item: HydratedPost, version: PostRevision, held: Mapping[int, Media], site: Site) -> StatusEditOut:
    options = version.poll_options
    return StatusEditOut(
        content=present_words(item.post, version.text, site=site),
        spoiler_text=version.spoiler_text,
        sensitive=version.sensitive,
        created_at=version.created_at,
        account=present_account(item.author, site=site),
        poll=EditedPollOut(options=[{"title": title} for title in options]) if options else None,
        # A file that was taken out is kept for a day only.
        media_attachments=[
            present_media(held[file["id"]], site=site).model_copy(update={"description": file["description"]})
            for file in version.media
            if file["id"] in held
        ],
    )
