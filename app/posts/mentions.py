"""Whom a text mentions: by username, by `username@domain` of ours, or by display name as Weibo's people do.

In `@张伟你好` nothing says where the name ends: the longest beginning that is somebody's display name is meant. Many
share a name, so the best class of them counts (whom the author follows, who follows the author, anyone), and in it
the name must be one account's alone; otherwise nobody is mentioned and the words stay plain text.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from app.kit.errors import field_error
from app.kit.work import Plain, Work
from app.posts.text import Written, mentions, name_prefixes

MOST_MENTIONS = 20

# [{"id": account id, "username": its username, "name": as written}]: what `Post.mentions` keeps, one for an account.
Mentioned: TypeAlias = list[dict[str, Any]]

_Account: TypeAlias = tuple[int, str]

_USERNAME, _FOLLOWED = 0, 1
# Two of a class are as good as many: then the name is nobody's alone.
_FIND = Plain(
    """
    SELECT 0 AS class, handle AS name, id, username FROM accounts
    WHERE handle = ANY(CAST(:handles AS text[])) AND suspended_at IS NULL
    UNION ALL
    SELECT found.class, asked.name, found.id, found.username
    FROM unnest(CAST(:names AS text[])) AS asked (name), LATERAL (
        (SELECT 1 AS class, account.id, account.username FROM accounts AS account
            JOIN follows ON follows.followee_id = account.id AND follows.follower_id = :author_id
            WHERE lower(account.display_name) = lower(asked.name) AND account.suspended_at IS NULL LIMIT 2)
        UNION ALL
        (SELECT 2, account.id, account.username FROM accounts AS account
            JOIN follows ON follows.follower_id = account.id AND follows.followee_id = :author_id
            WHERE lower(account.display_name) = lower(asked.name) AND account.suspended_at IS NULL LIMIT 2)
        UNION ALL
        (SELECT 3, account.id, account.username FROM accounts AS account
            WHERE lower(account.display_name) = lower(asked.name) AND account.suspended_at IS NULL LIMIT 2)
    ) AS found
    """
)


async def resolve(work: Work, *, text: str, author_id: int, domain: str) -> Mentioned:
    """The accounts that `text` mentions, in order, each once. One statement; none for a text without an `@`.

    `domain` is our own: names at others stay plain text. Raises Invalid for more than 20 mentions.
    """
    written = mentions(text)
    if not written:
        return []
    if len(written) > MOST_MENTIONS:
        raise field_error("text", "ERR_TOO_MANY_MENTIONS", f"mentions more than {MOST_MENTIONS} people")
    handles = {_handle(item.username, domain) for item in written}
    names = {prefix.lower() for item in written for prefix in name_prefixes(item.run)}
    rows = await work.rows(_FIND, handles=sorted(handles - {""}), names=sorted(names), author_id=author_id)
    known: dict[str, dict[int, list[_Account]]] = {}
    for kind, name, id, username in rows:
        known.setdefault(name, {}).setdefault(kind, []).append((id, username))
    found: dict[int, dict[str, Any]] = {}
    for item in written:
        if meant := _meant(item, known, domain):
            id, username, name = meant
            # Of two ways to write one account the display name is kept: the username is linked in any case.
            if id not in found or not name.isascii():
                found[id] = {"id": id, "username": username, "name": name}
    return list(found.values())


def _meant(
    item: Written, known: Mapping[str, Mapping[int, Sequence[_Account]]], domain: str
) -> tuple[int, str, str] | None:
    """The account an `@` means, and the name as written."""
    [named] = known.get(_handle(item.username, domain), {}).get(_USERNAME, [None])
    for name in name_prefixes(item.run):
        classes = {kind: accounts for kind, accounts in known.get(name.lower(), {}).items() if kind != _USERNAME}
        if not classes:
            continue
        best = min(classes)
        if named and best != _FOLLOWED:
            # A stranger who calls himself "anna你好" does not take what is said to @anna.
            break
        return (*classes[best][0], name) if len(classes[best]) == 1 else None
    return (*named, item.username) if named else None


def _handle(username: str, domain: str) -> str:
    """The handle of one of ours; empty for any other."""
    name, _, at = username.lower().partition("@")
    return name if at in ("", domain.lower()) else ""
