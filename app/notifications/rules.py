"""Pure decisions about notifications: their names on the wire, what a policy does, how they are grouped."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

# Our word → Mastodon's.
TYPES: Mapping[str, str] = {
    "mention": "mention",
    "post": "status",
    "repost": "reblog",
    "follow": "follow",
    "follow_request": "follow_request",
    "like": "favourite",
    "poll": "poll",
    "edit": "update",
    "quote": "quote",
    "quoted_edit": "quoted_update",
    # Apps show nothing, or worse, for a type they do not know. A new job is a new post to them.
    "job": "status",
    # News of a job one has to do with: as if its post had been edited.
    "application": "update",
    "referral": "update",
    "applied": "update",
    # There is no post to show it with: apps are told that know the type, or Mastodon's `fallback`.
    "introduction": "introduction",
}
# Our word → the type that our own clients know it by, in `weizhi` and when they choose types.
OWN_TYPES: Mapping[str, str] = {
    "job": "job_alert",
    "application": "application_stage",
    "referral": "referral",
    "applied": "application",
    "introduction": "introduction",
}
# Told to those alone who ask for them, or say which types they know.
ASKED_FOR = ("introduction",)
NEWS_OF_INTRODUCTIONS: Mapping[str, tuple[str, str]] = {
    "requested": ("{name} 请你引荐", "{name} asks you to introduce them"),
    "brought": ("{name} 想为你引荐一个人", "{name} would like to introduce somebody to you"),
    "passed_on": ("{name} 转交了你的引荐请求", "{name} passed your request on"),
    "accepted": ("{name} 接受了引荐", "{name} accepted an introduction"),
    "declined": ("{name} 婉拒了引荐", "{name} declined an introduction"),
}
GROUPED = ("like", "repost", "follow", "applied")
# Of which one is told again when it happens again.
REPEATED = ("edit", "quoted_edit", "application", "referral", "applied", "introduction")
# What someone unknown can cause; of the rest one has asked to hear.
_FILTERED = ("mention", "repost", "follow", "follow_request", "like", "quote", "introduction")

Verdict = Literal["accept", "filter", "drop"]
_SEVERITY: Mapping[Verdict, int] = {"accept": 0, "filter": 1, "drop": 2}

NEW_ACCOUNT = timedelta(days=30)
NEW_FOLLOWER = timedelta(days=3)
GROUP_HOURS = 12


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who may be told of something, and how they stand to whom it is from."""

    id: int
    follows: bool
    followed_since: datetime | None
    permitted: bool
    from_created_at: datetime
    not_following: Verdict
    not_followers: Verdict
    new_accounts: Verdict
    private_mentions: Verdict


def decide(recipient: Recipient, *, kind: str, unasked: bool, now: datetime) -> Verdict:
    """What the recipient's policy says. `unasked`: a direct post that answers nothing the recipient wrote."""
    if kind not in _FILTERED or recipient.permitted:
        return "accept"
    verdicts: list[Verdict] = ["accept"]
    if not recipient.follows:
        verdicts.append(recipient.not_following)
        if recipient.from_created_at > now - NEW_ACCOUNT:
            verdicts.append(recipient.new_accounts)
        if kind == "mention" and unasked:
            verdicts.append(recipient.private_mentions)
    if recipient.followed_since is None or recipient.followed_since > now - NEW_FOLLOWER:
        verdicts.append(recipient.not_followers)
    return max(verdicts, key=lambda verdict: _SEVERITY[verdict])


def kinds_of(types: Collection[str], *, without: Collection[str], falls_back: bool = False) -> frozenset[str] | None:
    """Our kinds of Mastodon's `types` or our own (none: all), except those in `without`; None when nothing is left out.

    Types we do not know name nothing. Without `types`, what no app of Mastodon's knows is there for one that
    `falls_back` alone.
    """
    if not types and not without and falls_back:
        return None
    names = {kind: {type, OWN_TYPES.get(kind, type)} for kind, type in TYPES.items()}
    return frozenset(
        kind
        for kind, own in names.items()
        if (own.intersection(types) if types else falls_back or kind not in ASKED_FOR) and own.isdisjoint(without)
    )


def group_prefix(kind: str, post_id: int | None) -> str | None:
    """What the keys of groups of such notifications begin with; None for what is told one by one."""
    if kind not in GROUPED:
        return None
    name = _name(kind)
    return name if post_id is None else f"{name}-{post_id}"


def group_keys(prefix: str, at: datetime) -> list[str]:
    """Keys of the groups that what happened at `at` may join, its own hour's first: a group spans 12 hours."""
    hour = int(at.timestamp()) // 3600
    return [f"{prefix}-{hour - back}" for back in range(GROUP_HOURS)]


def grouped_kinds(types: Collection[str]) -> tuple[str, ...]:
    """Our kinds that are told in groups; with Mastodon's `types` or our own only those among them."""
    return tuple(kind for kind in GROUPED if not types or _name(kind) in types)


def _name(kind: str) -> str:
    # By our own name an app asks for it that knows what a group of such is.
    return OWN_TYPES.get(kind, TYPES[kind])
