"""Standard Webhooks 1.0: secrets, signatures and headers."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32


def new_secret() -> str:
    """A signing secret, as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def message_key(message_id: int) -> str:
    """The `webhook-id` of a message: the same in every attempt, so that receivers can tell what they had."""
    return f"msg_{message_id}"


def headers(key: str, body: str, *, keys: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers that sign `body`, once by each of `keys`, the newest first."""
    signatures = " ".join(Webhook(secret).sign(key, now, body) for secret in keys)
    return {"webhook-id": key, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signatures}


def cloudevent(key: str, event_type: str, *, source: str, happened_at: datetime) -> dict[str, str]:
    """The attributes of a CloudEvent 1.0 in binary mode; the body is its data."""
    return {
        "ce-specversion": "1.0",
        "ce-id": key,
        "ce-source": source,
        "ce-type": event_type,
        "ce-time": happened_at.isoformat().replace("+00:00", "Z"),
    }
