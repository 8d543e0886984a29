"""Pure decisions about posts."""

from typing import Protocol

# Names for how the path to a repost or an application is known, with how surely.
EXPLICIT = ("explicit", 1.0)
WRAPPER = ("wrapper", 0.95)
# By the link in the reader's own card; by one that was made for somebody else.
CARD = ("card", 0.9)
LINK = ("link", 0.8)
# By what the reader was shown last; where that was the root itself: found by a search, or by a topic.
EXPOSURE = ("exposure", 0.75)
SEARCH = ("search", 0.7)
TAG = ("tag", 0.7)
FOLLOW = ("follow", 0.6)
DIRECT = ("direct", 0.5)

DEEPEST_CASCADE = 8


class Seen(Protocol):
    """What visibility depends on."""

    @property
    def author_id(self) -> int: ...
    @property
    def visibility(self) -> str: ...
    @property
    def quote_policy(self) -> str: ...
    @property
    def mentions(self) -> list[dict[str, int]]: ...


def may_see(post: Seen, *, viewer_id: int | None, follows_author: bool) -> bool:
    """Whether the viewer (None: anyone at all) may see a living post."""
    if post.visibility in ("public", "unlisted") or post.author_id == viewer_id:
        return True
    if viewer_id is None:
        return False
    if any(mention["id"] == viewer_id for mention in post.mentions):
        return True
    return post.visibility == "private" and follows_author


def quote_policy(asked: str, *, visibility: str) -> str:
    """Who may quote a post: nobody, whoever was asked for, where not everybody may see it."""
    return asked if visibility in ("public", "unlisted") else "nobody"


def may_quote(post: Seen, *, viewer_id: int, follows_author: bool) -> bool:
    """Whether someone who may see the post may quote it: only public and unlisted ones, as its author allows."""
    if post.author_id == viewer_id:
        return post.visibility != "direct"
    if post.visibility not in ("public", "unlisted"):
        return False
    return post.quote_policy == "public" or (post.quote_policy == "followers" and follows_author)
