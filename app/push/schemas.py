"""The wire of push subscriptions."""

import base64
import binascii
from typing import Annotated, Any, Literal

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, Field, model_validator

from app.kit.wire import IdOut, RequestModel, WireModel

# Mastodon's types, all of which an app may name; those we never send are kept as they were asked for.
ALERTS = (
    *("mention", "quote", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update"),
    *("quoted_update", "admin.sign_up", "admin.report"),
)
Policy = Literal["all", "followed", "follower", "none"]


def decoded(value: str) -> bytes:
    """Base64 of either alphabet, padded or not; raises ValueError."""
    plain = value.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("must be base64") from None


def _point(value: str) -> str:
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(value))
    except ValueError:
        raise ValueError("must be a public key on P-256 in base64") from None
    return value


def _secret(value: str) -> str:
    if len(decoded(value)) != 16:
        raise ValueError("must be 16 bytes in base64")
    return value


class Keys(RequestModel):
    """The browser's keys (RFC 8291)."""

    p256dh: Annotated[str, Field(max_length=200), AfterValidator(_point)]
    auth: Annotated[str, Field(max_length=100), AfterValidator(_secret)]


class Subscription(RequestModel):
    """Where to send to. `standard` is answered, not obeyed: what is sent is always RFC 8291."""

    endpoint: Annotated[str, Field(min_length=1, max_length=2048)]
    keys: Keys
    standard: bool = True


class PushData(RequestModel):
    """What to send."""

    alerts: dict[Annotated[str, Field(max_length=40)], bool] | None = Field(None, max_length=40)
    policy: Policy | None = None


class SubscriptionCreate(RequestModel):
    """A new subscription, in place of the token's earlier one."""

    subscription: Subscription
    data: PushData = PushData()

    @model_validator(mode="before")
    @classmethod
    def _policy_beside(cls, data: Any) -> Any:
        return _with_policy_inside(data)


class SubscriptionUpdate(RequestModel):
    """What to send from now on."""

    data: PushData = PushData()

    @model_validator(mode="before")
    @classmethod
    def _policy_beside(cls, data: Any) -> Any:
        return _with_policy_inside(data)


def _with_policy_inside(data: Any) -> Any:
    # Mastodon's documentation has `policy` beside `data`, its code inside.
    if isinstance(data, dict) and "policy" in data and isinstance(data.get("data", {}), dict):
        return {**data, "data": {"policy": data["policy"], **data.get("data", {})}}
    return data


class PushSubscriptionOut(WireModel):
    """Mastodon's WebPushSubscription."""

    id: IdOut
    endpoint: str
    standard: bool = True
    alerts: dict[str, bool]
    policy: Policy
    server_key: str


class NothingOut(WireModel):
    """An empty object."""
