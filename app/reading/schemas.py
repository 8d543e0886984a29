"""The entities people's apps read: Mastodon's shapes, each with one optional key of ours, `weizhi`.

They name one another, so they stay in one piece.
"""

from typing import Any, Literal, TypeAlias

from pydantic import ConfigDict, Field

from app.jobs.schemas import JobOut
from app.kit.wire import IdOut, Time, WireModel
from app.media.schemas import MediaAttachmentOut
from app.reading import examples


class FieldOut(WireModel):
    """One line of a profile's table; `value` is HTML."""

    name: str
    value: str
    verified_at: Time | None = None


class VerifiedOut(WireModel):
    """Weibo's V: whom we checked (a person or an organization), what as, and when."""

    kind: Literal["person", "organization"]
    reason: str
    at: str


class AccountExtra(WireModel):
    """What Mastodon's Account has no place for."""

    headline: str
    verified: VerifiedOut | None = None


class AccountOut(WireModel):
    """Mastodon's Account."""

    id: IdOut
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool | None
    indexable: bool
    group: bool = False
    created_at: Time
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    avatar_description: str = ""
    header: str
    header_static: str
    header_description: str = ""
    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None
    hide_collections: bool | None = False
    noindex: bool | None = None
    emojis: list[Any] = []
    roles: list[Any] = []
    fields: list[FieldOut]
    weizhi: AccountExtra


class SourceFieldOut(WireModel):
    """One line of a profile's table as it was typed."""

    name: str
    value: str
    verified_at: Time | None = None


class SourceOut(WireModel):
    """One's own profile as it was typed, and one's defaults."""

    note: str
    fields: list[SourceFieldOut]
    privacy: str = "public"
    sensitive: bool = False
    language: str | None
    follow_requests_count: int = 0
    hide_collections: bool | None = False
    discoverable: bool | None
    indexable: bool
    attribution_domains: list[str] = []
    quote_policy: str = "public"


class RoleOut(WireModel):
    """What an account may do as staff: for now everyone is an ordinary member."""

    id: str = "-99"
    name: str = ""
    color: str = ""
    permissions: str = "0"
    highlighted: bool = False
    collection_limit: int = 0


class CredentialAccountOut(AccountOut):
    """One's own account."""

    source: SourceOut
    role: RoleOut = RoleOut()


class MutedAccountOut(AccountOut):
    """Someone the caller mutes, and until when (null: for ever)."""

    mute_expires_at: Time | None


class RelationshipOut(WireModel):
    """How the caller and another account stand to each other."""

    id: IdOut
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: Time | None = None
    requested: bool
    requested_by: bool
    domain_blocking: bool = False
    endorsed: bool
    note: str


class MentionOut(WireModel):
    """A person mentioned in a post."""

    id: IdOut
    username: str
    acct: str
    url: str


class TagOut(WireModel):
    """A topic in a post."""

    name: str
    url: str


class TagDayOut(WireModel):
    """A topic's use on one day (its first second since 1970, UTC): posts and people. Numbers come as strings."""

    day: str
    uses: str
    accounts: str


class TagDetailOut(WireModel):
    """Mastodon's Tag: a topic, and its use in the last seven days, today first."""

    id: str
    name: str
    url: str
    history: list[TagDayOut]
    following: bool | None
    featuring: bool | None


class CardOut(WireModel):
    """A preview of the job's page, for apps that know nothing of jobs."""

    url: str
    title: str
    description: str
    type: str = "link"
    authors: list[Any] = []
    author_name: str = ""
    author_url: str = ""
    provider_name: str
    provider_url: str
    html: str = ""
    width: int = 0
    height: int = 0
    image: str | None = None
    embed_url: str = ""
    blurhash: str | None = None
    language: str | None = None
    published_at: Time | None = None


class QuoteApprovalOut(WireModel):
    """Who may quote a post."""

    automatic: list[str]
    manual: list[str] = []
    current_user: str


QuoteState: TypeAlias = Literal[
    "accepted",
    "pending",
    "rejected",
    "revoked",
    "deleted",
    "unauthorized",
    "blocked_account",
    "muted_account",
]


class QuoteOut(WireModel):
    """A quoted post, or why it is not shown. Inside a quoted post only `quoted_status_id` is told."""

    state: QuoteState
    quoted_status: "StatusOut | None" = None
    quoted_status_id: IdOut | None = None


class PollOptionOut(WireModel):
    """One answer; `votes_count` is None while the totals are hidden."""

    title: str
    votes_count: int | None


class PollOut(WireModel):
    """Mastodon's Poll. `voted` and `own_votes` (places of options, from 0) are told to those signed in."""

    id: IdOut
    expires_at: Time | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOptionOut]
    emojis: list[Any] = []
    voted: bool | None = None
    own_votes: list[int] | None = None


class FilterSummaryOut(WireModel):
    """The filter that a post met, without its words."""

    id: IdOut
    title: str
    context: list[str]
    expires_at: Time | None
    filter_action: str


class FilterResultOut(WireModel):
    """Why a post is filtered: the words it holds and the posts it is."""

    filter: FilterSummaryOut
    keyword_matches: list[str] | None
    status_matches: list[str] | None


INFERENCE: Any = Field(
    description="How it is known through which post this came: `explicit` (said by its author), `wrapper` (the repost"
    " that was passed on), `card` and `link` (the job's page was opened by the reader's own link, or one passed on),"
    " `exposure` (what the reader was shown last, within seven days), `search` and `tag` (found so), `follow` (the"
    " latest repost by someone followed), `direct` (nothing points to a repost). Never certain but for `explicit`."
    " 传播路径的判断依据；除 explicit（作者指明）外均为推断，并不确定。"
)
CONFIDENCE: Any = Field(
    ge=0, le=1, description="How surely, from 0 to 1; a rule of thumb, no measurement. 把握程度，仅供参考。"
)


class ViaOut(WireModel):
    """The post through which a repost or quote was come to. Unless its author said so, that is inferred, never certain.

    除非作者自己指明，经由哪一条帖子而来只是推断，并不确定。
    """

    status_id: IdOut
    root_status_id: IdOut
    depth: int
    inference: str = INFERENCE
    confidence: float = CONFIDENCE


class ChainStepOut(WireModel):
    """One quote's words on the way. `account` is null, and `text` empty, where the post was deleted."""

    status_id: IdOut
    account: AccountOut | None
    text: str


class MoreOut(WireModel):
    """Posts that a page of a calm timeline held back: further ones of this post's author, or further jobs."""

    of: Literal["author", "jobs"]
    status_ids: list[IdOut]


class CalmOut(WireModel):
    """What a calm timeline leaves out for this post.

    `reposters` are people one follows who passed the same original on later, the first few of `reposters_count`.
    What `more` names was held back from this page alone and is nowhere else: `GET /api/v1/statuses?id[]=` has it.
    """

    reposters: list[AccountOut]
    reposters_count: int
    more: list[MoreOut]


class StatusExtra(WireModel):
    """What Mastodon's Status has no place for. `highlight` is HTML with <em> around what was searched for.

    A quote shown by itself (not on a page of many) has `chain`, the words it came by, the last first, as far as the
    reader may see them; `chain_text` and `chain_html` tell it as Weibo does: `转得好 //@李雷:说得对 //@韩梅梅:招后端`.
    `calm` is told in calm timelines only.
    """

    kind: Literal["post", "repost", "quote", "job"]
    via: ViaOut | None = None
    job: JobOut | None = None
    highlight: str | None = None
    chain: list[ChainStepOut] | None = None
    chain_text: str | None = None
    chain_html: str | None = None
    calm: CalmOut | None = None


class StatusOut(WireModel):
    """Mastodon's Status."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.REPOST]})

    id: IdOut
    uri: str
    url: str
    created_at: Time
    edited_at: Time | None
    account: AccountOut
    content: str
    text: str | None = None
    visibility: Literal["public", "unlisted", "private", "direct"]
    sensitive: bool
    spoiler_text: str
    language: str | None
    in_reply_to_id: IdOut | None
    in_reply_to_account_id: IdOut | None
    reblog: "StatusOut | None"
    media_attachments: list[MediaAttachmentOut] = []
    mentions: list[MentionOut]
    tags: list[TagOut]
    emojis: list[Any] = []
    application: dict[str, Any] | None = None
    card: CardOut | None
    poll: PollOut | None = None
    quote: QuoteOut | None
    quote_approval: QuoteApprovalOut
    replies_count: int
    reblogs_count: int
    favourites_count: int
    quotes_count: int
    favourited: bool = False
    reblogged: bool
    muted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    filtered: list[FilterResultOut] = []
    weizhi: StatusExtra


class ContextOut(WireModel):
    """The thread around a post."""

    ancestors: list[StatusOut]
    descendants: list[StatusOut]


class ForwardOut(WireModel):
    """What one gesture of reposting made: the repost or quote, and the comments it was published as besides."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": examples.QUOTE, "comments": []}]})

    status: StatusOut
    comments: list[StatusOut]
