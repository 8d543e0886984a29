"""Step four for people and organisations: our words become Mastodon's."""

from datetime import datetime
from typing import Any

from app.accounts.models import Account, AccountStats
from app.accounts.queries import Profile
from app.graph.queries import Standing
from app.kit.site import Site
from app.kit.wire import mastodon_time
from app.posts.text import line_to_html, to_html
from app.reading import schemas

# A badge stands in the profile's table, where every app shows a checked line in green.
_BADGE = {"person": "个人认证 · Verified", "organization": "机构认证 · Verified"}


def present_account(profile: Profile, *, site: Site) -> schemas.AccountOut:
    """A profile as Mastodon's Account."""
    return schemas.AccountOut(**_account(profile, site))


def present_muted_account(profile: Profile, *, site: Site, expires_at: datetime | None) -> schemas.MutedAccountOut:
    """Someone the caller mutes, as Mastodon's MutedAccount."""
    return schemas.MutedAccountOut(**_account(profile, site), mute_expires_at=expires_at)


def present_own_account(profile: Profile, *, site: Site, follow_requests: int = 0) -> schemas.CredentialAccountOut:
    """One's own profile as Mastodon's CredentialAccount; `follow_requests` wait for an answer."""
    account = profile.account
    source = schemas.SourceOut(
        note=account.note,
        fields=[schemas.SourceFieldOut(**field) for field in account.fields],
        privacy=account.default_visibility,
        sensitive=account.default_sensitive,
        language=account.default_language or account.language,
        follow_requests_count=follow_requests,
        hide_collections=account.hide_collections,
        discoverable=account.discoverable,
        indexable=account.indexable,
        quote_policy=account.default_quote_policy,
    )
    return schemas.CredentialAccountOut(**_account(profile, site), source=source)


def present_counters(stats: AccountStats) -> dict[str, Any]:
    """What of an account others and every post of theirs change."""
    return {
        "followers_count": stats.followers_count,
        "following_count": stats.following_count,
        "statuses_count": stats.posts_count,
        "last_status_at": stats.last_post_at.date().isoformat() if stats.last_post_at else None,
    }


def present_relationship(standing: Standing) -> schemas.RelationshipOut:
    """How the caller stands to an account, as Mastodon's Relationship."""
    return schemas.RelationshipOut(
        id=standing.id,
        following=standing.following,
        showing_reblogs=standing.reposts,
        notifying=standing.notify,
        languages=standing.languages,
        followed_by=standing.followed_by,
        blocking=standing.blocking,
        blocked_by=standing.blocked_by,
        muting=standing.muting,
        muting_notifications=standing.muting_notifications,
        muting_expires_at=standing.muting_expires_at,
        requested=standing.requested,
        requested_by=standing.requested_by,
        endorsed=standing.endorsed,
        note=standing.note,
    )


def _account(profile: Profile, site: Site) -> dict[str, Any]:
    account = profile.account
    url = site.account_url(account.username)
    avatar = site.media_url(account.avatar) if account.avatar else f"{site.url}/avatars/{account.username}.svg"
    header = site.media_url(account.header) if account.header else f"{site.url}/avatars/header.svg"
    return {
        "id": account.id,
        "username": account.username,
        "acct": account.username,
        "display_name": account.display_name,
        "locked": account.locked,
        "bot": account.bot,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "created_at": account.created_at,
        "note": to_html(_with_headline(account.headline, account.note), site_url=site.url, mentioned={}),
        "url": url,
        "uri": url,
        "avatar": avatar,
        "avatar_static": site.media_url(account.avatar_static) if account.avatar_static else avatar,
        "avatar_description": account.avatar_description,
        "header": header,
        "header_static": site.media_url(account.header_static) if account.header_static else header,
        "header_description": account.header_description,
        **present_counters(profile.stats),
        "hide_collections": account.hide_collections,
        "fields": _fields(account, site),
        "weizhi": schemas.AccountExtra(headline=account.headline, verified=_verified(account)),
    }


def _with_headline(headline: str, note: str) -> str:
    # An app that knows nothing of headlines shows it as the first paragraph of the note.
    return "\n\n".join(part for part in (headline, note) if part)


def _fields(account: Account, site: Site) -> list[schemas.FieldOut]:
    fields = [
        schemas.FieldOut(name=field["name"], value=line_to_html(field["value"], site_url=site.url))
        for field in account.fields
    ]
    if account.verified_kind is None:
        return fields
    reason = line_to_html(account.verified_reason, site_url=site.url)
    badge = schemas.FieldOut(name=_BADGE[account.verified_kind], value=reason, verified_at=account.verified_at)
    return [badge, *fields]


def _verified(account: Account) -> schemas.VerifiedOut | None:
    if account.verified_kind is None or account.verified_at is None:
        return None
    return schemas.VerifiedOut(
        kind=account.verified_kind, reason=account.verified_reason, at=mastodon_time(account.verified_at)
    )
