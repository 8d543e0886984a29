"""Scopes: what a token allows. A wide scope contains its narrow ones: `write` allows `write:statuses`."""

from collections.abc import Iterable, Sequence

from app.kit.errors import Malformed

# A client that asks for it gets tokens that end, and the means to renew them: docs/decisions/0010.
OFFLINE_ACCESS = "offline_access"

# Each scope that is granted, and what it allows.
MEANINGS = {
    "read": "Read all that is yours",
    "write": "Do all that you may do",
    "follow": "Read and change whom you follow, mute and block",
    "push": "Receive your notifications by web push",
    "profile": "Read who you are, and no more",
    "read:accounts": "Read your account and those of others",
    "read:blocks": "Read whom you block",
    "read:bookmarks": "Read your bookmarks",
    "read:collections": "Read your collections",
    "read:favourites": "Read what you like",
    "read:filters": "Read your filters",
    "read:follows": "Read whom you follow and who follows you",
    "read:lists": "Read your lists",
    "read:mutes": "Read whom you mute",
    "read:notifications": "Read your notifications",
    "read:search": "Search in your name",
    "read:statuses": "Read the posts that you may read, and your timelines",
    "write:accounts": "Change your account",
    "write:blocks": "Block and unblock",
    "write:bookmarks": "Keep bookmarks",
    "write:collections": "Change your collections",
    "write:favourites": "Like",
    "write:filters": "Change your filters",
    "write:follows": "Follow and unfollow",
    "write:lists": "Change your lists",
    "write:mutes": "Mute people and conversations",
    "write:notifications": "Dismiss notifications",
    "write:statuses": "Post, repost, vote, edit and delete",
    "write:conversations": "Mark conversations as read, and remove them",
    "write:media": "Upload pictures and films",
    "write:reports": "Report people and posts",
    "read:jobs": "Read your organisations' jobs, drafts too, and your saved searches",
    "write:jobs": "Keep organisations, their seats, jobs and inbound sources, and saved searches",
    "read:applications": "Read applications, résumés and credits: your own, and those of your organisations",
    "write:applications": "Apply, withdraw, and move applications along",
    "read:cascades": "Read the cascades and funnels of jobs, and how a post reached you",
    "write:webhooks": "Keep your organisations' webhooks",
    "read:introductions": "Read introductions, and who could introduce you",
    "write:introductions": "Ask for introductions, forward, accept and decline them",
    OFFLINE_ACCESS: "Give tokens that end, and a refresh token to renew them",
}
GRANTABLE = tuple(MEANINGS)

_ADMIN = (
    *("accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks"),
    "canonical_email_blocks",
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
