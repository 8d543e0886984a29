"""What clients send about accounts."""

from typing import Annotated

from pydantic import BeforeValidator, Field

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

    name: Annotated[str, Field(max_length=255), OneLine] = ""
    value: Annotated[str, Field(max_length=255)] = ""


def _numbered(value: object) -> object:
    # Mastodon documents a hash whose keys are numbers in no particular sense; apps send it as JSON too.
    return list(value.values()) if isinstance(value, dict) else value


Picture = Annotated[str, Field(max_length=LONGEST_DATA_URI)]


class ProfileUpdate(RequestModel):
    """Changes to one's own profile; what is absent stays."""

    display_name: Annotated[str, Field(max_length=60), OneLine] | None = None
    headline: Annotated[str, Field(max_length=120), OneLine] | None = None
    note: Annotated[str, Field(max_length=1000)] | None = None
    # Files come as files; some clients send a data URI instead.
    avatar: Picture | None = None
    avatar_description: Annotated[str, Field(max_length=150)] | None = None
    header: Picture | None = None
    header_description: Annotated[str, Field(max_length=150)] | None = None
    locked: bool | None = None
    hide_collections: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    fields_attributes: (
        Annotated[
            list[ProfileField],
            Field(max_length=4),
            BeforeValidator(_numbered, json_schema_input_type=list[ProfileField] | dict[str, ProfileField]),
        ]
        | None
    ) = None
