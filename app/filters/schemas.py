"""The wire of filters: Mastodon's second form, and the first, in which each keyword is a filter."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel

Context = Literal["home", "notifications", "public", "thread", "account"]
Action = Literal["warn", "hide", "blur"]
Contexts = Annotated[list[Context], Field(min_length=1, max_length=10)]
Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
# Forms send "" for a filter that does not expire.
ExpiresIn = Annotated[
    Annotated[int, Field(ge=0, le=2**31 - 1)] | None, BeforeValidator(lambda value: None if value == "" else value)
]


class KeywordCreate(RequestModel):
    """A word or phrase to filter. `whole_word`: letters must not go on beside it (Chinese always may)."""

    keyword: Words
    whole_word: bool = True


class KeywordUpdate(RequestModel):
    """Changes to a keyword; what is absent stays."""

    keyword: Words | None = None
    whole_word: bool | None = None


class KeywordAttributes(KeywordUpdate):
    """A keyword inside its filter: new without `id`; with `destroy` it goes."""

    id: IdIn | None = None
    destroy: Annotated[bool, Field(alias="_destroy")] = False


def _listed(value: object) -> object:
    # Rails' nested attributes may come as a hash whose keys mean nothing.
    return list(value.values()) if isinstance(value, dict) else value


Keywords = Annotated[
    list[KeywordAttributes],
    Field(max_length=100),
    BeforeValidator(_listed, json_schema_input_type=list[KeywordAttributes] | dict[str, KeywordAttributes]),
]


class FilterCreate(RequestModel):
    """A new filter: where it counts (`context`), what it does, and for how many seconds (null: for ever)."""

    title: Words
    context: Contexts
    filter_action: Action = "warn"
    expires_in: ExpiresIn = None
    keywords_attributes: Keywords = []


class FilterUpdate(RequestModel):
    """Changes to a filter; what is absent stays."""

    title: Words | None = None
    context: Contexts | None = None
    filter_action: Action | None = None
    expires_in: ExpiresIn = None
    keywords_attributes: Keywords = []


class FilterPostCreate(RequestModel):
    """A post to filter whatever it says."""

    status_id: IdIn


class OldFilterCreate(RequestModel):
    """A filter of one phrase. `irreversible` means hidden altogether."""

    phrase: Words
    context: Contexts
    irreversible: bool = False
    whole_word: bool = True
    expires_in: ExpiresIn = None


class OldFilterUpdate(RequestModel):
    """Changes to a filter of one phrase; what is absent stays."""

    phrase: Words | None = None
    context: Contexts | None = None
    irreversible: bool | None = None
    whole_word: bool | None = None
    expires_in: ExpiresIn = None


class KeywordOut(WireModel):
    """Mastodon's FilterKeyword."""

    id: IdOut
    keyword: str
    whole_word: bool


class FilterPostOut(WireModel):
    """Mastodon's FilterStatus."""

    id: IdOut
    status_id: IdOut


class FilterOut(WireModel):
    """Mastodon's Filter."""

    id: IdOut
    title: str
    context: list[str]
    expires_at: Time | None
    filter_action: str
    keywords: list[KeywordOut]
    statuses: list[FilterPostOut]


class OldFilterOut(WireModel):
    """Mastodon's V1::Filter; `id` is its keyword's."""

    id: IdOut
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: Time | None
    irreversible: bool
