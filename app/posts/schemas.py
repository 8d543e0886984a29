"""What clients send about posts."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from app.kit.wire import IdIn, RequestModel
from app.media.schemas import MediaAttributes

Visibility = Literal["public", "unlisted", "private", "direct"]
QuotePolicy = Literal["public", "followers", "nobody"]
Language = Annotated[str, Field(max_length=12, pattern="^([A-Za-z]{2,3}([-_][A-Za-z0-9]+)*)?$")]
Words = Annotated[str, Field(max_length=20_000)]
Warning = Annotated[str, Field(max_length=500)]


def _without_blanks(value: Any) -> Any:
    return [item for item in value if item not in ("", None)] if isinstance(value, list) else value


# A form says "none" with one blank entry.
MediaIds = Annotated[list[IdIn], Field(max_length=40), BeforeValidator(_without_blanks)]


class FormModel(RequestModel):
    """A body in which blank and null mean "not said", as apps that send forms mean it."""

    @model_validator(mode="before")
    @classmethod
    def _said(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        said = {key: value for key, value in data.items() if value is not None and value != "" and value != {}}
        if "quoted_status_id" not in said and "quote_id" in said:
            # What apps say that quoted before Mastodon did.
            said["quoted_status_id"] = said["quote_id"]
        return said


class PollIn(FormModel):
    """A question: its answers, and for how many seconds one may vote."""

    options: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=100)] = []
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class PostCreate(FormModel):
    """A new post. With `quoted_status_id` it is a quote, and `via` names the post it was seen through.

    What is not said comes from the account's preferences: visibility, language, sensitive, quote policy.
    """

    status: Words = ""
    media_ids: MediaIds = []
    poll: PollIn | None = None
    in_reply_to_id: IdIn | None = None
    quoted_status_id: IdIn | None = None
    quote_approval_policy: QuotePolicy | None = None
    via: IdIn | None = None
    visibility: Visibility | None = None
    sensitive: bool | None = None
    spoiler_text: Warning = ""
    language: Language | None = None
    scheduled_at: Annotated[str, Field(max_length=64, json_schema_extra={"format": "date-time"})] | None = None


class PostUpdate(FormModel):
    """All of a post as it is to be: what is not said is taken away, but for the language and who may quote it.

    Visibility, what it answers and what it quotes stay as they are.
    """

    status: Words = ""
    media_ids: MediaIds = []
    media_attributes: Annotated[list[MediaAttributes], Field(max_length=40)] = []
    poll: PollIn | None = None
    quote_approval_policy: QuotePolicy | None = None
    sensitive: bool = False
    spoiler_text: Warning = ""
    language: Language | None = None


class InteractionPolicyUpdate(FormModel):
    """Who may quote a post; not said: whoever the account lets by default."""

    quote_approval_policy: QuotePolicy | None = None


class RepostCreate(RequestModel):
    """A repost. `via` names the post (a repost or quote of the same original) it was seen through."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"via": "117680981179498600"}, {}]})

    visibility: Literal["public", "unlisted", "private"] | None = None
    via: IdIn | None = None


class Forward(RequestModel):
    """Weibo's repost. Without `text` a plain repost; with it a quote that keeps the path it came by.

    `comment` says where the text is published as a reply as well: to the `current` post (what `via` names, else the
    one reposted), to the `original` at the root of the cascade, or to `both`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"text": "转得好", "comment": "both"},
                {"text": "招后端，看这里", "via": "115601234567890123", "comment": "current"},
                {},
            ]
        }
    )

    text: Annotated[str, Field(max_length=20_000)] = ""
    via: IdIn | None = None
    visibility: Literal["public", "unlisted", "private"] | None = None
    comment: Literal["none", "current", "original", "both"] = "none"
