"""What requests and answers are made of: base schema, ids as strings, times in Mastodon's form."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from app.kit.ids import LARGEST


class WireModel(BaseModel):
    """Base of everything an answer holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestModel(BaseModel):
    """Base of request bodies. Unknown fields are ignored, as Mastodon does; text must be storable text."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=False)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:
        _refuse_unstorable(data)
        return data


def _refuse_unstorable(value: Any) -> None:
    """PostgreSQL keeps neither NUL nor lone surrogates: refuse them here, by name, not there with a 500."""
    if isinstance(value, str):
        if "\x00" in value or (not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)):
            raise ValueError("must not contain NUL or lone surrogate characters")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)


def _id_from_wire(value: object) -> int:
    """An id as clients send it: a string of digits (a JSON number is taken too)."""
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19:
        number = int(value)
    else:
        raise ValueError("must be an id: a string of digits")
    if not 0 <= number <= LARGEST:
        raise ValueError("must be an id: a string of digits")
    return number


def mastodon_time(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds and Z: 2026-11-23T08:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


IdIn = Annotated[int, BeforeValidator(_id_from_wire, json_schema_input_type=str)]
IdOut = Annotated[int, PlainSerializer(str, return_type=str), Field(json_schema_extra={"pattern": "^[0-9]+$"})]
Time = Annotated[datetime, PlainSerializer(mastodon_time, return_type=str)]
