"""What requests and answers are made of: base schema, ids as strings, times in Mastodon's form."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from app.kit.ids import LARGEST
from app.kit.text import one_line, refuse_unfit


class WireModel(BaseModel):
    """Base of everything an answer holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestModel(BaseModel):
    """Base of request bodies. Unknown fields are ignored, as Mastodon does; text must be fit to keep and show."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=False)

    @model_validator(mode="before")
    @classmethod
    def _fit(cls, data: Any) -> Any:
        _refuse_unfit(data)
        return data


def _refuse_unfit(value: Any) -> None:
    if isinstance(value, str):
        refuse_unfit(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unfit(key)
            _refuse_unfit(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unfit(item)


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


_IdText = Annotated[str, Field(pattern="^[0-9]{1,19}$")]
IdIn = Annotated[int, BeforeValidator(_id_from_wire, json_schema_input_type=_IdText)]
IdOut = Annotated[int, PlainSerializer(str, return_type=str), Field(json_schema_extra={"pattern": "^[0-9]+$"})]
Time = Annotated[datetime, PlainSerializer(mastodon_time, return_type=str)]
# Beside a Field's sizes, for names and titles: Annotated[str, Field(max_length=60), OneLine].
OneLine = AfterValidator(one_line)
