"""The port of sources that push: what a module for one kind of recruiting system must know."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import orjson

from app.inbound.schemas import Mapping as WordMapping
from app.jobs.schemas import JobUpdate
from app.kit.depth import DEEPEST, depth
from app.kit.errors import Malformed, Unauthorized, field_error

LONGEST_ID = 200
TOLERANCE_SECONDS = 300


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
    """A job as the source has it now. `live`: it is meant to be seen; otherwise it must not be.

    `updated_at` is the source's own time of it, `group_id` the source's id of what several posts belong to. `current`:
    it tells how things stand when it comes, however old its words are, as what was just read from the source does.
    """

    external_id: str
    job: JobUpdate
    live: bool
    updated_at: datetime | None = None
    group_id: str | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class JobRemoval:
    """The source no longer has this job."""

    external_id: str
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupRemoval:
    """The source no longer has what these posts belong to: none of them stays."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """The message only says where the job is to be read."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A message that asks nothing of us, such as a ping."""


Push: TypeAlias = JobPush | JobRemoval | GroupRemoval | Fetch | Nothing


@dataclass(frozen=True, slots=True)
class Verified:
    """A message that is what its source sent: its id, and what applying it needs of its head."""

    message_id: str
    envelope: Mapping[str, str] = field(default_factory=dict)


class Source(Protocol):
    """One kind of recruiting system that pushes."""

    def verify(self, *, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
        """Check the signature over the raw body by any of `secrets`. Raises BadSignature, TimestampOutOfRange."""

    def trim(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """The message without what is none of our business: the employer's internal matters, its candidates."""

    def parse(self, body: bytes, *, envelope: Mapping[str, str], mapping: WordMapping) -> Push:
        """What the message asks, trimmed or not. Raises NotJson, or Invalid with every field at fault."""


def parse_object(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises NotJson."""
    value = parse_json(body)
    if not isinstance(value, dict):
        raise NotJson
    return value


def parse_json(body: bytes) -> Any:
    """The body as JSON; raises NotJson."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotJson(f"The message is not valid JSON: {error}") from None
    if depth(value) > DEEPEST:
        raise NotJson(f"The message is nested deeper than {DEEPEST}")
    return value


def trimmed(source: Source, body: bytes) -> bytes:
    """What is kept of a body: all of it byte for byte, but for what `source` drops."""
    try:
        message = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(message, dict):
        return body
    kept = source.trim(message)
    if kept == message:
        return body
    try:
        return orjson.dumps(kept)
    except orjson.JSONEncodeError:
        # Nested too deeply even to be written: what is kept is refused for the same.
        return b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1)


def parse_external_id(value: object, place: str) -> str:
    """A source's id of a job: a string or a whole number; raises Invalid naming `place`."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID or "\x00" in value:
        raise field_error(place, "ERR_BLANK", f"must be the job's id, 1 to {LONGEST_ID} characters")
    return value.strip()


def sha256_of_any(secrets: Iterable[str], signed: bytes) -> list[str]:
    """The hexadecimal HMAC of `signed` by each secret."""
    return [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]


def is_one_of(given: str, expected: Iterable[str]) -> bool:
    """Whether a signature is one of those expected, in constant time: every one is compared."""
    found = False
    for one in expected:
        found |= hmac.compare_digest(given.encode(), one.encode())
    return found


def require_recent(timestamp: str, now: datetime) -> None:
    """Raise BadSignature for what is no time in seconds, TimestampOutOfRange for one that is not about now."""
    if not timestamp.isascii() or not timestamp.isdigit():
        raise BadSignature
    if len(timestamp) > 12 or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise TimestampOutOfRange


def body_id(body: bytes) -> str:
    """An id for a message whose sender gave it none: the same bytes are the same message."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
