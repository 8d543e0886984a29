"""The entities about the instance, put together from what the operator says, our limits and our numbers."""

from typing import Any

from app import __version__
from app.accounts import limits as account_limits
from app.instance import schemas
from app.instance.about import About, Rule
from app.instance.queries import Usage
from app.interactions.service import MOST_PINS
from app.kit.site import Site
from app.media import limits as media_limits
from app.posts import limits
from app.posts.text import LONGEST, URL_COUNTS
from app.reading.schemas import AccountOut
from app.tags.service import MOST_FEATURED

# Clients parse the first number: it promises the features of that Mastodon, quotes among them.
VERSION = f"4.5.0 (compatible; Weizhi {__version__})"
API_VERSIONS = {"mastodon": 7, "weizhi": 1}

_STATUSES = schemas.StatusLimitsOut(
    max_characters=LONGEST, max_media_attachments=media_limits.FILES_PER_POST, characters_reserved_per_url=URL_COUNTS
)
_ACCOUNTS = schemas.AccountLimitsOut(
    max_featured_tags=MOST_FEATURED,
    max_pinned_statuses=MOST_PINS,
    max_display_name_length=account_limits.NAME,
    max_note_length=account_limits.NOTE,
    max_profile_fields=account_limits.FIELDS,
    profile_field_name_limit=account_limits.FIELD_NAME,
    profile_field_value_limit=account_limits.FIELD_VALUE,
    max_avatar_description_length=account_limits.PICTURE_DESCRIPTION,
    max_header_description_length=account_limits.PICTURE_DESCRIPTION,
)
_POLLS = schemas.PollLimitsOut(
    max_options=limits.POLL_OPTIONS,
    max_characters_per_option=limits.POLL_OPTION_LENGTH,
    min_expiration=int(limits.SHORTEST_POLL.total_seconds()),
    max_expiration=int(limits.LONGEST_POLL.total_seconds()),
)
_MEDIA = schemas.MediaLimitsOut(
    supported_mime_types=[*media_limits.IMAGE_TYPES, *media_limits.VIDEO_TYPES],
    description_limit=media_limits.DESCRIPTION_LENGTH,
    image_size_limit=media_limits.IMAGE_BYTES,
    image_matrix_limit=media_limits.IMAGE_MATRIX,
    video_size_limit=media_limits.VIDEO_BYTES,
    video_frame_rate_limit=media_limits.VIDEO_FRAME_RATE,
    video_matrix_limit=media_limits.VIDEO_MATRIX,
)
_EVERYONE = {"local": "public", "remote": "disabled"}


def instance(
    about: About, usage: Usage, contact: AccountOut | None, *, site: Site, vapid_key: str
) -> schemas.InstanceOut:
    """Mastodon's Instance (v2)."""
    thumbnail = f"{site.url}/thumbnail.png"
    return schemas.InstanceOut(
        domain=site.domain,
        title=site.title,
        version=VERSION,
        source_url=about.source_url or site.url,
        description=about.description,
        usage=schemas.UsageOut(users=schemas.ActiveUsersOut(active_month=usage.active_month)),
        thumbnail=schemas.ThumbnailOut(url=thumbnail, versions={"@1x": thumbnail}),
        icon=[schemas.IconOut(src=f"{site.url}/icons/{size}.png", size=f"{size}x{size}") for size in (48, 192, 512)],
        languages=list(about.languages),
        configuration=_configuration(about, site, vapid_key),
        registrations=schemas.RegistrationsOut(enabled=about.registrations),
        contact=schemas.ContactOut(email=_email(about, site), account=contact),
        rules=rules(about),
        api_versions=API_VERSIONS,
    )


def instance_v1(
    about: About, usage: Usage, contact: AccountOut | None, *, site: Site, vapid_key: str
) -> schemas.InstanceV1Out:
    """Mastodon's V1::Instance."""
    return schemas.InstanceV1Out(
        uri=site.domain,
        title=site.title,
        short_description=about.description,
        description=about.about.html,
        email=_email(about, site),
        version=VERSION,
        urls=schemas.StreamingUrlOut(streaming_api=streaming_url(site)),
        stats=schemas.StatsOut(user_count=usage.users, status_count=usage.posts),
        thumbnail=f"{site.url}/thumbnail.png",
        languages=list(about.languages),
        registrations=about.registrations,
        configuration=schemas.ConfigurationV1Out(
            accounts=_ACCOUNTS, statuses=_STATUSES, media_attachments=_MEDIA, polls=_POLLS
        ),
        contact_account=contact,
        rules=rules(about),
    )


def node_info(about: About, usage: Usage, *, site: Site) -> schemas.NodeInfoOut:
    """NodeInfo 2.0."""
    metadata: dict[str, Any] = {
        "nodeName": site.title,
        "nodeDescription": about.description,
        "federation": {"enabled": False},
    }
    return schemas.NodeInfoOut(
        software={"name": "weizhi", "version": __version__},
        services={"inbound": [], "outbound": []},
        usage=schemas.NodeInfoUsageOut(
            users=schemas.NodeInfoUsersOut(
                total=usage.users, active_month=usage.active_month, active_halfyear=usage.active_halfyear
            ),
            local_posts=usage.posts,
        ),
        open_registrations=about.registrations,
        metadata=metadata,
    )


def rules(about: About) -> list[schemas.RuleOut]:
    """The rules, numbered from 1: apps name them by these in reports."""
    return [_rule(number, rule) for number, rule in enumerate(about.rules, 1)]


def streaming_url(site: Site) -> str:
    """Where streams are: WebSocket on the same host. Mastodon.py refuses anything but ws and wss."""
    return site.url.replace("http", "ws", 1)


def _rule(number: int, rule: Rule) -> schemas.RuleOut:
    return schemas.RuleOut(
        id=str(number),
        text=f"{rule.zh} / {rule.en}",
        hint=" / ".join(hint for hint in (rule.zh_hint, rule.en_hint) if hint),
        translations={
            "zh-CN": {"text": rule.zh, "hint": rule.zh_hint},
            "en": {"text": rule.en, "hint": rule.en_hint},
        },
    )


def _configuration(about: About, site: Site, vapid_key: str) -> schemas.ConfigurationOut:
    return schemas.ConfigurationOut(
        urls=schemas.UrlsOut(
            streaming=streaming_url(site),
            about=f"{site.url}/about",
            privacy_policy=f"{site.url}/privacy-policy",
            terms_of_service=f"{site.url}/terms-of-service",
        ),
        vapid=schemas.VapidOut(public_key=vapid_key),
        accounts=_ACCOUNTS,
        statuses=_STATUSES,
        media_attachments=_MEDIA,
        polls=_POLLS,
        translation=schemas.EnabledOut(enabled=False),
        timelines_access={
            "live_feeds": _EVERYONE,
            "hashtag_feeds": _EVERYONE,
            "trending_link_feeds": _EVERYONE,
        },
    )


def _email(about: About, site: Site) -> str:
    return about.contact_email or f"admin@{site.domain.partition(':')[0]}"
