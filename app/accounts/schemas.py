"""What clients send about accounts."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from app.accounts import limits
from app.kit import graphemes
from app.kit.wire import OneLine, RequestModel
from app.media.limits import LONGEST_DATA_URI


class AccountCreate(RequestModel):
    """A registration. `agreement` must be true; `locale` becomes the account's language."""

    username: Annotated[str, Field(min_length=1, max_length=30)]
    email: Annotated[str, Field(min_length=3, max_length=254)]
    password: Annotated[str, Field(min_length=1, max_length=128)]
    agreement: bool
    locale: Annotated[str, Field(max_length=12)] = "zh-CN"
    reason: Annotated[str, Field(max_length=500)] | None = None


class ProfileField(RequestModel):
    """One line of a profile's table."""

    name: Annotated[str, Field(max_length=limits.FIELD_NAME), OneLine] = ""
    value: Annotated[str, Field(max_length=limits.FIELD_VALUE)] = ""


def _numbered(value: object) -> object:
    # Mastodon documents a hash whose keys are numbers in no particular sense; apps send it as JSON too.
    return list(value.values()) if isinstance(value, dict) else value


class ProfileDefaults(RequestModel):
    """How one posts and reads unless one says otherwise; what is absent stays."""

    privacy: Literal["public", "unlisted", "private"] | None = None
    sensitive: bool | None = None
    language: Annotated[str, Field(max_length=12, pattern="^([A-Za-z]{2,3}([-_][A-Za-z0-9]+)*)?$")] | None = None
    quote_policy: Literal["public", "followers", "nobody"] | None = None
    # How one reads, rather; empty: as the service has it.
    home_order: Literal["chronological", "calm", ""] | None = None
    # Whether others may see what one's word of mouth came to.
    show_referrals: bool | None = None
    # Whether it may be noted through whom they were shown a job; see the privacy policy.
    log_exposures: bool | None = None


def _characters(most: int) -> AfterValidator:
    def check(value: str) -> str:
        if graphemes.count(value.strip()) > most:
            raise PydanticCustomError("string_too_long", f"is too long (maximum is {most} characters)")
        return value

    return AfterValidator(check)


Picture = Annotated[str, Field(max_length=LONGEST_DATA_URI)]


class ProfileUpdate(RequestModel):
    """Changes to one's own profile; what is absent stays."""

    # Code points are bounded as well: one character may pile up any number of them.
    display_name: Annotated[str, Field(max_length=10 * limits.NAME), _characters(limits.NAME), OneLine] | None = None
    headline: Annotated[str, Field(max_length=10 * limits.HEADLINE), _characters(limits.HEADLINE), OneLine] | None = (
        None
    )
    note: Annotated[str, Field(max_length=10 * limits.NOTE), _characters(limits.NOTE)] | None = None
    # Files come as files; some clients send a data URI instead.
    avatar: Picture | None = None
    avatar_description: Annotated[str, Field(max_length=limits.PICTURE_DESCRIPTION)] | None = None
    header: Picture | None = None
    header_description: Annotated[str, Field(max_length=limits.PICTURE_DESCRIPTION)] | None = None
    locked: bool | None = None
    hide_collections: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    source: ProfileDefaults | None = None
    # Who may name this account as author of a page: previews of pages do not tell authors here.
    attribution_domains: Annotated[list[Annotated[str, Field(max_length=253)]], Field(max_length=100)] | None = None
    fields_attributes: (
        Annotated[
            list[ProfileField],
            Field(max_length=limits.FIELDS),
            BeforeValidator(_numbered, json_schema_input_type=list[ProfileField] | dict[str, ProfileField]),
        ]
        | None
    ) = None
