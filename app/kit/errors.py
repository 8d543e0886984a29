"""What can go wrong, in kinds. A concrete error subclasses a kind, beside the code that raises it.

Each error has a stable snake_case `code`, a message that is safe to show, and optional `details`
by field. `kit.http` alone turns kinds into HTTP answers; the worker retries only `Unavailable`
and what is not a `WeizhiError` at all.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NotRequired, TypedDict


class Detail(TypedDict):
    """One reason why one field was refused, in Mastodon's form.

    Of words that may not stand there: which (`term`), where ([start, end) in characters of the text without markup),
    what they are about (`ground`), and the `law` against them.
    """

    error: str
    description: str
    term: NotRequired[str]
    position: NotRequired[list[int]]
    ground: NotRequired[str]
    law: NotRequired[list[str]]


class WeizhiError(Exception):
    """Base of every error a caller can be told about."""

    code: ClassVar[str]
    message: ClassVar[str]
    # Seconds until the same request may work: told with RateLimited and Unavailable.
    retry_after: int = 5

    def __init__(self, message: str | None = None, *, details: Mapping[str, Sequence[Detail]] | None = None) -> None:
        self.text = message or self.message
        self.details = details
        super().__init__(self.text)


class Unauthorized(WeizhiError):
    code = "invalid_token"
    message = "The access token is invalid"


class Forbidden(WeizhiError):
    code = "forbidden"
    message = "This action is not allowed"


class NotFound(WeizhiError):
    code = "not_found"
    message = "Record not found"


class Conflict(WeizhiError):
    code = "conflict"
    message = "This conflicts with what is already there"


class Gone(WeizhiError):
    code = "gone"
    message = "This is no longer there"


class Malformed(WeizhiError):
    """The request could not be read at all."""

    code = "bad_request"
    message = "The request could not be understood"


class Invalid(WeizhiError):
    """The request was read, and a value in it cannot be accepted."""

    code = "validation_failed"
    message = "Validation failed"


class TooLarge(WeizhiError):
    code = "payload_too_large"
    message = "The request body is too large"


class UnsupportedPayload(WeizhiError):
    code = "unsupported_payload"
    message = "This content type is not supported"


class RateLimited(WeizhiError):
    code = "rate_limited"
    message = "Too many requests"

    def __init__(self, message: str | None = None, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(WeizhiError):
    """Something this needs does not answer now; the same request may work later."""

    code = "unavailable"
    message = "The service is busy; please try again shortly"


def field_error(field: str, error: str, description: str) -> Invalid:
    """An `Invalid` about one field: `error` is a stable code such as ERR_BLANK, `description` says why."""
    return fields_error({field: [Detail(error=error, description=description)]})


def fields_error(details: Mapping[str, Sequence[Detail]]) -> Invalid:
    """An `Invalid` about several fields, each with its reasons; the message names the first of each."""
    reasons = ", ".join(f"{_label(field)} {problems[0]['description']}" for field, problems in details.items())
    return Invalid(f"Validation failed: {reasons}", details=details)


def _label(field: str) -> str:
    # As Rails names fields in messages, which apps show as they are: "Text can't be blank".
    return field.replace("_", " ").replace(".", " ").capitalize()
