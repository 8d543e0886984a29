"""Scopes: what a token allows. A wide scope contains its narrow ones: `write` allows `write:statuses`."""

from collections.abc import Iterable, Sequence

from app.kit.errors import Malformed

_READ = (
    *("accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes"),
    *("notifications", "search", "statuses"),
)
_WRITE = [*(noun for noun in _READ if noun != "search"), "conversations", "media", "reports"]
_JOBS = ("read:jobs", "write:jobs", "read:applications", "write:applications", "read:cascades", "write:webhooks")
_INTRODUCTIONS = ("read:introductions", "write:introductions")
_ADMIN = (
    *("accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks"),
    "canonical_email_blocks",
)

# A client that asks for it gets tokens that end, and the means to renew them: docs/decisions/0010.
OFFLINE_ACCESS = "offline_access"

GRANTABLE = (
    *("read", "write", "follow", "push", "profile"),
    *(f"read:{noun}" for noun in _READ),
    *(f"write:{noun}" for noun in _WRITE),
    *_JOBS,
    *_INTRODUCTIONS,
    OFFLINE_ACCESS,
)
# Apps register these by habit. There is no admin API, so nobody is ever granted one.
NEVER_GRANTED = (
    *("admin:read", "admin:write"),
    *(f"admin:{verb}:{noun}" for verb in ("read", "write") for noun in _ADMIN),
)
KNOWN = frozenset((*GRANTABLE, *NEVER_GRANTED))
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
    """What to grant of `asked`: each must be allowed by `within`; raises InvalidScope otherwise, or if none is left."""
    granted = [scope for scope in asked if scope not in NEVER_GRANTED]
    if not granted or not all(allows(within, scope) for scope in asked):
        raise InvalidScope
    return granted
