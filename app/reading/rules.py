"""Step three: pure filters. Whatever a cache or an index proposed, these decide what is shown.

`visible` is the gate: who may not see a post meets it nowhere. The others say what belongs in one kind of list,
and each starts from the gate.
"""

from collections.abc import Callable
from typing import TypeAlias

from app.posts.rules import may_see
from app.posts.text import fold_tag
from app.reading.hydrate import Hydrated, HydratedPost

Rule: TypeAlias = Callable[[HydratedPost, Hydrated], bool]
Likeness: TypeAlias = tuple[object, ...]


def visible(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the viewer may see the post and, for a repost, what it carries."""
    if not _may_see(item, hydrated):
        return False
    if item.repost_of_id is None:
        return True
    original = hydrated.posts.get(item.repost_of_id)
    return original is not None and _may_see(original, hydrated)


def welcome(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the viewer may see the post, and blocks and mutes neither its author nor whose post it carries."""
    viewer = hydrated.viewer
    if not visible(item, hydrated):
        return False
    # Most readers block and mute nobody, and this is asked of each post for each reader.
    return not (viewer.blocks or viewer.mutes) or all(
        author_id == viewer.id or (author_id not in viewer.blocks and author_id not in viewer.mutes)
        for author_id in _authors(item, hydrated)
    )


def on_profile(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post is shown on its author's page: whoever opens that asked for the author, muted or not."""
    if not visible(item, hydrated):
        return False
    return not any(
        author_id in hydrated.viewer.blocks or author_id in hydrated.viewer.mutes
        for author_id in _authors(item, hydrated)
        if author_id != item.author_id
    )


def at_home(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post belongs in the viewer's home timeline now, whoever the stored feed says it was for.

    One's own posts, and those of people one follows: their reposts only if one wants these, in the languages one
    wants, their replies only to people one follows too (or to oneself), nothing that speaks to someone one blocks.
    Besides, public posts with a followed topic. Direct posts belong in conversations, and posts of members of an
    exclusive list in that list.
    """
    viewer, post = hydrated.viewer, item
    if post.visibility == "direct" or not welcome(item, hydrated):
        return False
    if post.author_id == viewer.id:
        return True
    if _concerns_blocked(item, hydrated) or post.author_id in viewer.exclusive:
        return False
    follow = viewer.follows.get(post.author_id)
    if follow is None:
        return _by_topic(item, hydrated)
    if post.kind == "repost" and not follow.reposts:
        return False
    if follow.languages and post.language and post.language not in follow.languages:
        return False
    return _answers_someone_known(item, hydrated) or _by_topic(item, hydrated)


def likeness_of(item: HydratedPost) -> Likeness | None:
    """Which posts this is like: whether they are welcome `at_home` to someone who follows their author, and may be
    quoted, is one and the same question for all that are alike.

    None for a post that shows, answers or mentions others, or asks something: each is a question of its own.
    """
    if item.kind != "post" or item.quote_of_id or item.poll_id or item.mentions:
        return None
    if item.in_reply_to_account_id or item.thread_id != item.id:
        return None
    return item.author_id, item.visibility, item.language, item.quote_policy


def in_list(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post may stand in a list's timeline; whose replies belong there the list itself knows."""
    if item.visibility == "direct" or not welcome(item, hydrated) or _concerns_blocked(item, hydrated):
        return False
    if item.author_id == hydrated.viewer.id:
        return True
    follow = hydrated.viewer.follows.get(item.author_id)
    return follow is not None and (item.kind != "repost" or follow.reposts)


def findable(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post may be found among everyone's: by search, by topic, in trends."""
    return item.visibility == "public" and item.kind != "repost" and welcome(item, hydrated)


def in_public(item: HydratedPost, hydrated: Hydrated) -> bool:
    """Whether the post may stand in the timeline of everyone's posts: replies to others would be out of place."""
    replied = item.in_reply_to_account_id
    return (replied is None or replied == item.author_id) and findable(item, hydrated)


def _may_see(item: HydratedPost, hydrated: Hydrated) -> bool:
    viewer, author_id = hydrated.viewer, item.author_id
    if author_id in viewer.blocked_by:
        return False
    return may_see(item, viewer_id=viewer.id, follows_author=author_id in viewer.follows)


def _authors(item: HydratedPost, hydrated: Hydrated) -> tuple[int, ...]:
    """Whose words the post shows: its author's and, of a repost, the original's."""
    original = hydrated.posts.get(item.repost_of_id) if item.repost_of_id else None
    return (item.author_id, original.author_id) if original else (item.author_id,)


def _concerns_blocked(item: HydratedPost, hydrated: Hydrated) -> bool:
    blocks = hydrated.viewer.blocks
    if not blocks:
        return False
    original = hydrated.posts.get(item.repost_of_id) if item.repost_of_id else None
    posts = (item, original) if original else (item,)
    return any(
        post.in_reply_to_account_id in blocks or any(mention["id"] in blocks for mention in post.mentions)
        for post in posts
    )


def _answers_someone_known(item: HydratedPost, hydrated: Hydrated) -> bool:
    viewer, replied = hydrated.viewer, item.in_reply_to_account_id
    return replied is None or replied in (viewer.id, item.author_id) or replied in viewer.follows


def _by_topic(item: HydratedPost, hydrated: Hydrated) -> bool:
    post, tags = item, hydrated.viewer.tags
    return (
        bool(tags)
        and post.visibility == "public"
        and post.kind != "repost"
        and any(fold_tag(tag) in tags for tag in post.tags)
    )
