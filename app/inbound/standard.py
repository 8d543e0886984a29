"""Standard Webhooks 1.0: any system that can sign `id.timestamp.body` (standard-webhooks/spec).

Messages: `job.upsert` with a job's fields (our names, and `external_id`), `job.closed` or `job.deleted`
with the `external_id` alone.
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from app.inbound.source import (
    BadSignature,
    JobPush,
    JobRemoval,
    Nothing,
    Push,
    TimestampOutOfRange,
    parse_job,
    parse_object,
)
from app.kit.errors import field_error

TOLERANCE_SECONDS = 300
LONGEST_ID = 200


class StandardSource:
    """A sender of Standard Webhooks."""

    def new_secret(self) -> str:
        return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

    def verify(self, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not message_id or len(message_id) > LONGEST_ID or not timestamp.isascii() or not timestamp.isdigit():
            raise BadSignature("webhook-id, webhook-timestamp and webhook-signature are needed")
        if len(timestamp) > 12 or abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
            raise TimestampOutOfRange
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            raise BadSignature from None
        return message_id

    def parse(self, body: bytes) -> Push:
        message = parse_object(body)
        kind, data = message.get("type"), message.get("data")
        if not isinstance(kind, str):
            raise field_error("type", "ERR_BLANK", "must name what happened, such as job.upsert")
        if kind not in ("job.upsert", "job.closed", "job.deleted"):
            return Nothing()
        if not isinstance(data, dict):
            raise field_error("data", "ERR_BLANK", "must be an object")
        external_id = _external_id(data)
        if kind != "job.upsert":
            return JobRemoval(external_id)
        if not data.get("title"):
            raise field_error("data.title", "ERR_BLANK", "can't be blank")
        names = {name: f"data.{name}" for name in data}
        return JobPush(external_id, parse_job(data, names=names), live=data.get("live", True) is not False)


def _external_id(data: Mapping[str, Any]) -> str:
    value = data.get("external_id")
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_ID or "\x00" in value:
        raise field_error("data.external_id", "ERR_BLANK", f"must be 1 to {LONGEST_ID} characters")
    return value.strip()
