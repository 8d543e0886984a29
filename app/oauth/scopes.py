"""Scopes: what a token allows. A wide scope contains its narrow ones: `write` allows `write:statuses`."""

from collections.abc import Iterable, Sequence

from app.kit.errors import Malformed

_READ = "accounts blocks bookmarks favourites filters follows lists mutes notifications search statuses"
_WRITE = f"{_READ.replace(' search', '')} conversations media reports"
_WEIZHI = ("read:jobs", "write:jobs", "read:applications", "write:applications", "read:cascades", "write:webhooks")

KNOWN = frozenset(
    [
        *("read", "write", "follow", "push", "profile", *_WEIZHI),
        *(f"read:{noun}" for noun in _READ.split()),
        *(f"write:{noun}" for noun in _WRITE.split()),
    ]
)
_FOLLOW = frozenset(f"{verb}:{noun}" for verb in ("read", "write") for noun in ("blocks", "follows", "mutes"))


class InvalidScope(Malformed):
    code = "invalid_scope"
    message = "The requested scope is invalid, unknown, or malformed"


def parse(text: str) -> list[str]:
    """The scopes named in a space-separated string, in order; raises InvalidScope for unknown ones."""
    scopes = list(dict.fromkeys(text.split()))
    if not scopes or not KNOWN.issuperset(scopes):
        raise InvalidScope
    return scopes


def allows(granted: Iterable[str], needed: str) -> bool:
    """Whether one of `granted` is or contains `needed`."""
    return any(
        scope == needed or needed.startswith(f"{scope}:") or (scope == "follow" and needed in _FOLLOW)
        for scope in granted
    )


def narrow(asked: Sequence[str], *, within: Sequence[str]) -> list[str]:
    """`asked`, if every one is allowed by `within`; raises InvalidScope otherwise."""
    if not all(allows(within, scope) for scope in asked):
        raise InvalidScope
    return list(asked)
