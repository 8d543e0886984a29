"""What may be a topic."""

from app.kit.errors import NotFound
from app.posts.text import LONGEST_TAG, fold_tag, tags


def plain_name(text: str) -> str | None:
    """The topic that someone typed, with or without its `#` or `#…#`, as they wrote it; None if it cannot be one."""
    name = text.strip().strip("#＃").strip()
    if not name or len(name) > LONGEST_TAG:
        return None
    return name if tags(f"#{name}") == [name] or tags(f"#{name}#") == [name] else None


def topic_of(text: str) -> str:
    """The folded topic that an address names; raises NotFound where it cannot name one."""
    name = plain_name(text)
    if name is None:
        raise NotFound
    return fold_tag(name)
