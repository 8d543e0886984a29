"""The wire of webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, JsonValue, model_validator

from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, Time, WireModel
from app.webhooks.payloads import EVENT_TYPES, EventType

State: TypeAlias = Literal["waiting", "succeeded", "exhausted", "cancelled"]
DisabledReason: TypeAlias = Literal["manual", "gone", "failing"]
Url = Annotated[str, Field(min_length=1, max_length=2048, description="An https address on the public internet.")]
Types = Annotated[
    list[EventType],
    Field(min_length=1, max_length=len(EVENT_TYPES), description="Which events are told. Unset or null: all."),
]
Description = Annotated[str, Field(max_length=200), OneLine]
Rate = Annotated[int, Field(ge=1, le=100, description="Messages a second at most.")]
CloudEvents = Annotated[bool, Field(description="Send the attributes of CloudEvents 1.0 (`ce-*` headers) as well.")]

_WEBHOOK: dict[str, JsonValue] = {
    "id": "140",
    "organization_id": "7",
    "url": "https://ats.example.com/weizhi",
    "description": "北京办公室的招聘系统",
    "event_types": ["job.published", "application.created"],
    "rate": 10,
    "cloudevents": False,
    "enabled": True,
    "disabled_reason": None,
    "disabled_at": None,
    "failing_since": None,
    "created_at": "2026-11-26T08:00:00.000Z",
    "updated_at": "2026-11-26T08:00:00.000Z",
}
_SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
_DELIVERY: dict[str, JsonValue] = {
    "id": "151",
    "webhook_id": "140",
    "message_id": "msg_150",
    "event_type": "job.published",
    "state": "waiting",
    "attempts": 1,
    "last_status": 503,
    "last_error": None,
    "next_attempt_at": "2026-11-26T08:00:06.000Z",
    "created_at": "2026-11-26T08:00:00.000Z",
    "finished_at": None,
}
_EVENT_TYPE: dict[str, JsonValue] = {
    "type": "referral.credited",
    "description": "A hire was shared out among those who passed the job on.",
    "data_schema": {"type": "object", "properties": {"application_id": {"type": "string"}}},
    "example": {
        "type": "referral.credited",
        "timestamp": "2026-11-26T08:00:00.000Z",
        "data": {"application_id": "117681010203040506"},
    },
}


class WebhookCreate(RequestModel):
    """Where an organisation's system listens."""

    model_config = ConfigDict(
        json_schema_extra={"example": {name: _WEBHOOK[name] for name in ("organization_id", "url", "event_types")}}
    )

    organization_id: IdIn
    url: Url
    event_types: Types | None = None
    description: Description = ""
    rate: Rate = 10
    cloudevents: CloudEvents = False


class WebhookUpdate(RequestModel):
    """Changes to a webhook; what is absent stays. `event_types: null` asks for all events."""

    model_config = ConfigDict(json_schema_extra={"example": {"enabled": True, "event_types": ["job.closed"]}})

    url: Url | None = None
    event_types: Types | None = None
    description: Description | None = None
    rate: Rate | None = None
    cloudevents: CloudEvents | None = None
    enabled: bool | None = Field(None, description="Off: what waits is cancelled. On: it is told again from now on.")


class WebhookOut(WireModel):
    """A webhook. `failing_since`: when its last run of failures began that no success has ended."""

    model_config = ConfigDict(json_schema_extra={"example": _WEBHOOK})

    id: IdOut
    organization_id: IdOut
    url: str
    description: str
    event_types: list[EventType] | None
    rate: int
    cloudevents: bool
    enabled: bool
    disabled_reason: DisabledReason | None
    disabled_at: Time | None
    failing_since: Time | None
    created_at: Time
    updated_at: Time


class WebhookWithSecretOut(WebhookOut):
    """A new webhook with its signing secret, told this once."""

    model_config = ConfigDict(json_schema_extra={"example": {**_WEBHOOK, "secret": _SECRET}})

    secret: str


class SecretOut(WireModel):
    """A new signing secret, told this once; until `previous_until` messages are signed by the one before as well."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"secret": _SECRET, "previous_until": "2026-11-27T08:00:00.000Z"}}
    )

    secret: str
    previous_until: Time


class Replay(RequestModel):
    """Which messages to deliver again: those of a period that were not taken, or with `all` the taken ones too."""

    model_config = ConfigDict(json_schema_extra={"example": {"since": "2026-11-25T00:00:00Z"}})

    since: datetime
    until: datetime | None = Field(None, description="Unset: now.")
    event_types: Types | None = None
    all: bool = False

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.since.tzinfo is None or (self.until is not None and self.until.tzinfo is None):
            raise ValueError("times must say their zone")
        if self.until is not None and self.until <= self.since:
            raise ValueError("until must be after since")
        return self


class ReplayedOut(WireModel):
    """How many messages are delivered (again); `more`: the oldest 10,000 are, ask again for the rest."""

    model_config = ConfigDict(json_schema_extra={"example": {"deliveries": 12, "more": False}})

    deliveries: int
    more: bool


class DeliveryOut(WireModel):
    """One message to one webhook. `message_id` is its `webhook-id` header, the same in every attempt.

    `exhausted`: the schedule is used up. `cancelled`: the webhook was turned off while it waited.
    """

    model_config = ConfigDict(json_schema_extra={"example": _DELIVERY})

    id: IdOut
    webhook_id: IdOut
    message_id: str
    event_type: EventType
    state: State
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: Time | None
    created_at: Time
    finished_at: Time | None


class AttemptOut(WireModel):
    """One HTTP try. `error` where no answer came; `excerpt` is the start of the answer, or more of the error."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 1,
                "milliseconds": 38,
                "status": 503,
                "error": None,
                "excerpt": "try later",
                "created_at": "2026-11-26T08:00:00.000Z",
            }
        }
    )

    number: int
    milliseconds: int
    status: int | None
    error: str | None
    excerpt: str
    created_at: Time


class EventTypeOut(WireModel):
    """A type of event: when it is told, the JSON Schema of its `data`, and a whole message."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVENT_TYPE]})

    type: EventType
    description: str
    data_schema: dict[str, Any]
    example: dict[str, Any]


class DeletedOut(WireModel):
    """Nothing is left to show."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"deleted": True}]})

    deleted: Literal[True] = True
