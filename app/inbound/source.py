"""The port of inbound sources: what a module for one kind of recruiting system must know."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import orjson
from pydantic import ValidationError

from app.jobs.schemas import JobUpdate
from app.kit.depth import DEEPEST, depth
from app.kit.errors import Detail, Malformed, Unauthorized, fields_error


class BadSignature(Unauthorized):
    code = "bad_signature"
    message = "The signature does not match the message"


class TimestampOutOfRange(Unauthorized):
    code = "timestamp_out_of_range"
    message = "The message was signed too long ago, or in the future"


class NotJson(Malformed):
    code = "bad_request"
    message = "The message is not a JSON object"


@dataclass(frozen=True, slots=True)
class JobPush:
    """A job as the source has it now. `live`: it is meant to be seen; otherwise it must not be."""

    external_id: str
    job: JobUpdate
    live: bool


@dataclass(frozen=True, slots=True)
class JobRemoval:
    """The source no longer has this job."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A message that asks nothing of us, such as a ping."""


Push: TypeAlias = JobPush | JobRemoval | Nothing


class Source(Protocol):
    """One kind of recruiting system."""

    def new_secret(self) -> str:
        """A signing secret in the form the system takes."""

    def verify(self, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """Check the signature over the raw body; the message's id. Raises BadSignature, TimestampOutOfRange."""

    def parse(self, body: bytes) -> Push:
        """What the message asks. Raises NotJson, or Invalid with every field at fault."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises NotJson."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The message is not valid JSON: {error}") from None
    if depth(value) > DEEPEST:
        raise NotJson(f"The message is nested deeper than {DEEPEST}")
    if not isinstance(value, dict):
        raise NotJson
    return value


def parse_job(fields: Mapping[str, Any], *, names: Mapping[str, str]) -> JobUpdate:
    """Validate a job's fields; errors speak of the source's own field names, by `names` (ours → theirs)."""
    try:
        return JobUpdate.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        details: dict[str, list[Detail]] = {}
        for problem in error.errors():
            first, *rest = (str(part) for part in problem["loc"]) if problem["loc"] else ("body",)
            place = ".".join([names.get(first, first), *rest])
            reason = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
            details.setdefault(place, []).append(Detail(error="ERR_INVALID", description=reason))
        raise fields_error(details) from None


def same_signature(given: str, expected: str) -> bool:
    """Compare signatures in constant time."""
    return hmac.compare_digest(given.encode(), expected.encode())


def body_id(body: bytes) -> str:
    """An id for a message whose sender gave it none: the same bytes are the same message."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
