"""Standard Webhooks 1.0: any system that can sign `id.timestamp.body` (standard-webhooks/spec).

Messages: `job.upsert` with a job's fields (our names, and `external_id`), `job.closed` or `job.deleted`
with the `external_id` alone. `data.updated_at`, or else the message's own `timestamp`, says how new it is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from app.inbound import words
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import (
    LONGEST_ID,
    BadSignature,
    JobRemoval,
    Nothing,
    Push,
    Verified,
    parse_external_id,
    parse_object,
    require_recent,
)
from app.jobs.schemas import JobUpdate
from app.kit.errors import field_error

_KINDS = ("job.upsert", "job.closed", "job.deleted")


class StandardSource:
    """A sender of Standard Webhooks."""

    def verify(self, *, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not message_id or len(message_id) > LONGEST_ID:
            raise BadSignature("webhook-id, webhook-timestamp and webhook-signature are needed")
        require_recent(timestamp, now)
        # Each is tried: how long it takes tells nothing about which one fits.
        fits = [_fits(secret, headers, body) for secret in secrets]
        if not any(fits):
            raise BadSignature
        return Verified(message_id)

    def trim(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        kind = message.get("type")
        return message if kind in _KINDS or not isinstance(kind, str) else {"type": kind}

    def parse(self, body: bytes, *, envelope: Mapping[str, str], mapping: WordMapping) -> Push:
        message = parse_object(body)
        kind, data = message.get("type"), message.get("data")
        if not isinstance(kind, str):
            raise field_error("type", "ERR_BLANK", "must name what happened, such as job.upsert")
        if kind not in _KINDS:
            return Nothing()
        if not isinstance(data, dict):
            raise field_error("data", "ERR_BLANK", "must be an object")
        updated_at = words.moment(data.get("updated_at")) or words.moment(message.get("timestamp"))
        if kind != "job.upsert":
            return JobRemoval(parse_external_id(data.get("external_id"), "data.external_id"), updated_at)
        return build(
            data.get("external_id"),
            {name: data.get(name) for name in JobUpdate.model_fields},
            item=data,
            names={name: f"data.{name}" for name in ("external_id", *JobUpdate.model_fields)},
            mapping=mapping,
            live=data.get("live", True) is not False,
            updated_at=updated_at,
            strict=True,
        )


def _fits(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return True
