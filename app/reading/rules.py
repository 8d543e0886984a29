"""Step three: pure filters. Whatever a cache or an index proposed, these decide what is shown."""

from collections.abc import Callable
from typing import TypeAlias

from app.posts.rules import may_see
from app.reading.hydrate import Hydrated, HydratedPost

Rule: TypeAlias = Callable[[HydratedPost, Hydrated], bool]


def visible(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the viewer may see the post and, for a repost, what it carries."""
    if not _may_see(item, hydrated):
        return False
    if item.post.repost_of_id is None:
        return True
    original = hydrated.posts.get(item.post.repost_of_id)
    return original is not None and _may_see(original, hydrated)


def at_home(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post belongs in the viewer's home timeline now, whoever the stored feed says it was for.

    One's own posts, and those of people one follows: their reposts only if one wants these, their
    replies only to people one follows too (or to oneself). Direct posts belong in conversations.
    """
    if item.post.visibility == "direct" or not visible(item, hydrated):
        return False
    viewer, post = hydrated.viewer, item.post
    if post.author_id == viewer.id:
        return True
    follow = viewer.follows.get(post.author_id)
    if follow is None or (post.kind == "repost" and not follow.reposts):
        return False
    replied = post.in_reply_to_account_id
    return replied is None or replied in (viewer.id, post.author_id) or replied in viewer.follows


def in_public(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post may stand in a timeline of everyone's posts."""
    return item.post.visibility == "public" and item.post.kind != "repost" and visible(item, hydrated)


def _may_see(item: HydratedPost, hydrated: Hydrated) -> bool:
    viewer = hydrated.viewer
    return may_see(item.post, viewer_id=viewer.id, follows_author=item.post.author_id in viewer.follows)
