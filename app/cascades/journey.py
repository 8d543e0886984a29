"""How a post came to its reader."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.paths import present_paths
from app.cascades.queries import load_words
from app.cascades.schemas import HopOut, PathOut
from app.kit.refusals import never
from app.kit.site import Site
from app.posts.cascade import InvalidVia, resolve_parent, root_of
from app.posts.models import Post
from app.posts.queries import get_original, get_visible_post


async def present_journey(session: AsyncSession, *, id: int, viewer_id: int | None, site: Site) -> PathOut:
    """The posts that a post came by, its root first; raises NotFound where the viewer may not see it.

    A reader who asks for the original is told through which repost or quote it seems to have come, and how that is
    known, as if they reposted it now; one who asks for a repost is led to that. Nobody is told so of their own post,
    nor strangers, of whom nothing is known.
    """
    post = await get_visible_post(session, id=id, viewer_id=viewer_id)
    last, inference, confidence = id, None, None
    if viewer_id is not None and post.author_id != viewer_id:
        last, inference, confidence = await _reached(session, post, viewer_id)
    steps = (await present_paths(session, post_ids=[last], viewer_id=viewer_id, site=site))[last]
    # Whose author is told is a post that the viewer may see.
    words = await load_words(session, ids=[step.status_id for step in steps if step.account])
    hops = []
    for step in steps:
        text, warning = words.get(step.status_id, (None, None))
        hops.append(HopOut(**dict(step), text=text, spoiler_text=warning))
    return PathOut(status_id=id, steps=hops, inference=inference, confidence=confidence)


@never(InvalidVia)
async def _reached(session: AsyncSession, post: Post, viewer_id: int) -> tuple[int, str | None, float | None]:
    original = await get_original(session, post=post, viewer_id=viewer_id)
    if original.author_id == viewer_id:
        return post.id, None, None
    parent = await resolve_parent(
        session,
        root_id=await root_of(session, post=original),
        target=original,
        via=None,
        wrapper=post if post.repost_of_id else None,
        account_id=viewer_id,
    )
    return parent.post_id, parent.inference, parent.confidence
