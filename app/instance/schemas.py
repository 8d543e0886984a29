"""Mastodon's entities about an instance, and the documents by which services describe themselves."""

from typing import Any

from pydantic import Field

from app.kit.wire import Time, WireModel
from app.reading.schemas import AccountOut


class RuleOut(WireModel):
    """A rule of the house, in both languages; `translations` has each by itself."""

    id: str
    text: str
    hint: str
    translations: dict[str, dict[str, str]]


class StatusLimitsOut(WireModel):
    """What a post may hold."""

    max_characters: int
    max_media_attachments: int
    characters_reserved_per_url: int


class MediaLimitsOut(WireModel):
    """What may be uploaded: sizes in bytes, matrices in pixels."""

    supported_mime_types: list[str]
    description_limit: int
    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    video_frame_rate_limit: int
    video_matrix_limit: int


class PollLimitsOut(WireModel):
    """What a poll may hold; times in seconds."""

    max_options: int
    max_characters_per_option: int
    min_expiration: int
    max_expiration: int


class AccountLimitsOut(WireModel):
    """What a profile may hold."""

    max_featured_tags: int
    max_pinned_statuses: int
    max_display_name_length: int
    max_note_length: int
    max_profile_fields: int
    profile_field_name_limit: int
    profile_field_value_limit: int
    max_avatar_description_length: int
    max_header_description_length: int


class UrlsOut(WireModel):
    """Addresses of interest."""

    streaming: str
    about: str
    privacy_policy: str
    terms_of_service: str
    status: str | None = None


class EnabledOut(WireModel):
    """Whether there is something."""

    enabled: bool


class VapidOut(WireModel):
    """The key Web Push messages are signed with; empty where there is no Web Push."""

    public_key: str


class ConfigurationOut(WireModel):
    """What clients should know before they send."""

    urls: UrlsOut
    vapid: VapidOut
    accounts: AccountLimitsOut
    statuses: StatusLimitsOut
    media_attachments: MediaLimitsOut
    polls: PollLimitsOut
    translation: EnabledOut
    timelines_access: dict[str, dict[str, str]]
    limited_federation: bool = True


class ActiveUsersOut(WireModel):
    """People who posted in the last four weeks."""

    active_month: int


class UsageOut(WireModel):
    """How much the service is used."""

    users: ActiveUsersOut


class ThumbnailOut(WireModel):
    """A picture for the service."""

    url: str
    blurhash: str | None = None
    versions: dict[str, str]


class IconOut(WireModel):
    """The service's icon in one size."""

    src: str
    size: str


class RegistrationsOut(WireModel):
    """Whether one can sign up, and how."""

    enabled: bool
    approval_required: bool = False
    reason_required: bool = False
    message: str | None = None
    min_age: int | None = None
    url: str | None = None


class ContactOut(WireModel):
    """Whom to ask."""

    email: str
    account: AccountOut | None


class InstanceOut(WireModel):
    """Mastodon's Instance (v2)."""

    domain: str
    title: str
    version: str
    source_url: str
    description: str
    usage: UsageOut
    thumbnail: ThumbnailOut
    icon: list[IconOut]
    languages: list[str]
    configuration: ConfigurationOut
    registrations: RegistrationsOut
    contact: ContactOut
    rules: list[RuleOut]
    api_versions: dict[str, int]


class StatsOut(WireModel):
    """How large the service is."""

    user_count: int
    status_count: int
    domain_count: int = 0


class StreamingUrlOut(WireModel):
    """Where streams are."""

    streaming_api: str


class ConfigurationV1Out(WireModel):
    """The part of the configuration that v1 tells."""

    accounts: AccountLimitsOut
    statuses: StatusLimitsOut
    media_attachments: MediaLimitsOut
    polls: PollLimitsOut


class InstanceV1Out(WireModel):
    """Mastodon's V1::Instance."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: StreamingUrlOut
    stats: StatsOut
    thumbnail: str
    languages: list[str]
    registrations: bool
    approval_required: bool = False
    invites_enabled: bool = False
    configuration: ConfigurationV1Out
    contact_account: AccountOut | None
    rules: list[RuleOut]


class WeekOut(WireModel):
    """What happened in one week; numbers are strings, `logins` counts the people who posted."""

    week: str
    statuses: str
    logins: str
    registrations: str


class TextOut(WireModel):
    """A page of HTML, and when it was last changed."""

    updated_at: Time
    content: str


class TermsOut(WireModel):
    """The terms of service in force."""

    effective_date: str
    effective: bool = True
    content: str
    succeeded_by: str | None = None


class LanguageOut(WireModel):
    """A language posts may be written in."""

    code: str
    name: str


class LinkOut(WireModel):
    """A link of a discovery document."""

    rel: str
    type: str | None = None
    href: str | None = None
    template: str | None = None


class LinksOut(WireModel):
    """Where the NodeInfo documents are."""

    links: list[LinkOut]


class WebfingerOut(WireModel):
    """An account as WebFinger tells it (RFC 7033)."""

    subject: str
    aliases: list[str]
    links: list[LinkOut]


class NodeInfoUsersOut(WireModel):
    """People: all, and those who posted in the last four weeks and half a year."""

    total: int
    active_month: int = Field(serialization_alias="activeMonth")
    active_halfyear: int = Field(serialization_alias="activeHalfyear")


class NodeInfoUsageOut(WireModel):
    """How much the service is used."""

    users: NodeInfoUsersOut
    local_posts: int = Field(serialization_alias="localPosts")


class NodeInfoOut(WireModel):
    """NodeInfo 2.0. Its schema wants a protocol, of which it knows only those of federation: `metadata` denies it."""

    version: str = "2.0"
    software: dict[str, str]
    protocols: list[str] = ["activitypub"]
    services: dict[str, list[str]]
    usage: NodeInfoUsageOut
    open_registrations: bool = Field(serialization_alias="openRegistrations")
    metadata: dict[str, Any]
