"""The wire of inbound sources and receipts."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, HttpUrl, model_validator

from app.inbound import examples
from app.jobs.schemas import EmploymentType, Location, Salary, WorkplaceType
from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel

PushKind = Literal["standard", "greenhouse", "ashby", "smartrecruiters"]
PollKind = Literal[
    "lever",
    "workable",
    "greenhouse_board",
    "ashby_board",
    "smartrecruiters_board",
    "recruitee",
    "comeet",
    "xml",
    "json_ld",
]
# One list, not a choice between two: what is neither is told as one field at fault.
Kind = Literal[PushKind, PollKind]
ReceiptStatus = Literal[
    "created", "updated", "unchanged", "closed", "ignored", "stale", "pending", "rejected", "polled", "held"
]
FieldName = Literal[
    "title",
    "description_html",
    "requirements",
    "headcount",
    "locations",
    "workplace_type",
    "employment_type",
    "experience_min_years",
    "education",
    "skills",
    "language",
    "apply_url",
    "valid_through",
]
Path = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s.]+(\.[^\s.]+){0,9}$")]
Word = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(lambda word: _key(word))]
Secret = Annotated[str, Field(min_length=16, max_length=200, pattern=r"^[\x21-\x7e]+$")]


def _key(word: object) -> object:
    return " ".join(word.split()).casefold() if isinstance(word, str) else word


def _most(words: dict[str, Any]) -> dict[str, Any]:
    if len(words) > 200:
        raise ValueError("must not have more than 200 entries")
    return words


Most = AfterValidator(_most)


class Defaults(RequestModel):
    """What to assume where a source does not say it. A job tells which of its facts were assumed."""

    headcount: Annotated[int, Field(ge=1, le=100_000)] = 1
    salary: Salary | None = Field(None, description="Without it the pay is negotiable (面议).")
    valid_days: Annotated[int, Field(ge=1, le=365)] = 90
    workplace_type: WorkplaceType = "on_site"
    employment_type: EmploymentType = "FULL_TIME"


class Mapping(RequestModel):
    """How to read what a source says in its own way. Words are compared without regard to case."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "fields": {"headcount": "custom_fields.openings", "skills": "tags"},
                    "locations": {"HQ": {"city": "杭州", "country": "CN"}},
                    "employment_types": {"Festanstellung": "FULL_TIME"},
                    "workplace_types": {"Flex": "hybrid"},
                }
            ]
        }
    )

    fields: Annotated[
        dict[FieldName, Path],
        Field(description="Our field: the dotted path to it in the source's own job. It replaces what is read else."),
    ] = {}
    locations: Annotated[
        dict[Word, Location], Most, Field(description="A place as the source writes it (whole, or the city): ours.")
    ] = {}
    employment_types: Annotated[dict[Word, EmploymentType], Most] = {}
    workplace_types: Annotated[dict[Word, WorkplaceType], Most] = {}


class InboundSourceCreate(RequestModel):
    """A recruiter's system that will bring in jobs of one organisation."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "greenhouse", "organization_id": "1", "defaults": {"headcount": 1}}]}
    )

    kind: Kind
    organization_id: IdIn
    defaults: Defaults = Defaults()
    mapping: Mapping = Mapping()
    secret: Secret | None = Field(
        None, description="The signing secret, where the system made it (SmartRecruiters does). Else one is made."
    )
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = Field(
        None,
        description="Of what is polled: the address of the board, feed, page or sitemap. "
        "smartrecruiters: the address of their API, if it is not the usual one.",
    )
    interval_minutes: Annotated[int, Field(ge=15, le=1440)] | None = Field(
        None, description="Of what is polled: how often. 60 unless said."
    )
    api_key: Secret | None = Field(None, description="smartrecruiters: the key by which jobs are read. Never shown.")


class InboundSourceUpdate(RequestModel):
    """Changes to an inbound source; what is absent stays. `defaults` and `mapping` are replaced whole."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": True, "defaults": {"valid_days": 60}}]})

    defaults: Defaults | None = None
    mapping: Mapping | None = None
    enabled: bool | None = Field(None, description="A source that is off refuses what is pushed, and is not polled.")
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None
    interval_minutes: Annotated[int, Field(ge=15, le=1440)] | None = None
    api_key: Secret | None = None


class PollNow(RequestModel):
    """Poll a source as soon as may be."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"accept_vanished": False}]})

    accept_vanished: bool = Field(
        False, description="Close the jobs that the feed no longer has, though they are so many that this was held."
    )


class SecretRotate(RequestModel):
    """A new signing secret; the one before goes on for a time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    secret: Secret | None = Field(None, description="The new secret, where the system made it. Else one is made.")
    overlap_hours: Annotated[int, Field(ge=0, le=168)] = 24


class HeldOut(WireModel):
    """Why jobs that a feed no longer has were not closed; `poll` with `accept_vanished` closes them."""

    reason: str
    since: Time


class PollingOut(WireModel):
    """How a source is polled. `failures` counts those in a row; each makes the next wait longer, up to a day."""

    interval_minutes: int
    next_poll_at: Time | None
    failures: int
    held: HeldOut | None


class InboundSourceOut(WireModel):
    """An inbound source. A recruiter's system that pushes is pointed at `url`; what is polled is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SOURCE, examples.POLLED_SOURCE]})

    id: IdOut
    kind: Kind
    organization_id: IdOut
    url: str
    defaults: Defaults
    mapping: Mapping
    enabled: bool
    has_api_key: bool
    previous_secret_until: Time | None
    created_at: Time
    last_received_at: Time | None
    last_error: str | None
    polling: PollingOut | None


class InboundSourceWithSecretOut(InboundSourceOut):
    """An inbound source with its signing secret, told this once; null for what is polled."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SOURCE_WITH_SECRET]})

    secret: str | None


class HandshakeOut(WireModel):
    """The answer to SmartRecruiters' activation; the header `X-Hook-Secret` comes back as it came."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"handshake": True}]})

    handshake: bool


class ReceiptOut(WireModel):
    """What became of a message: the answer to the sender."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RECEIPT]})

    receipt_id: IdOut
    job_id: IdOut | None
    status: ReceiptStatus
    error: str | None = None
    code: str | None = None
    details: dict[str, Any] | None = None


class ReceiptStepOut(WireModel):
    """A status that a receipt had, from `at` on."""

    status: ReceiptStatus
    at: Time
    code: str | None = None
    error: str | None = None


class KeptReceiptOut(ReceiptOut):
    """A receipt as its organisation sees it, with the message as it came (text, at most 2,000 characters).

    What is internal to the recruiting system (notes, hiring teams, candidates) is not kept. The body is null once it
    was dropped, and of a poll.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.KEPT_RECEIPT]})

    message_id: str
    received_at: Time
    body: str | None


class WholeReceiptOut(KeptReceiptOut):
    """A receipt with its whole message and every status it had."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.WHOLE_RECEIPT]})

    history: list[ReceiptStepOut]
    summary: dict[str, Any] | None = Field(description="What a poll found.")


class ReplayPeriod(RequestModel):
    """Which rejected messages to apply again: those received from `since` on and before `until`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"since": "2026-11-20T00:00:00Z", "until": "2026-11-23T00:00:00Z"}]}
    )

    since: datetime
    until: datetime

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.since.tzinfo is None or self.until.tzinfo is None:
            raise ValueError("must say their time zone")
        if self.since >= self.until:
            raise ValueError("since must be before until")
        return self


class ReplayOut(WireModel):
    """How many receipts will be replayed, oldest first, in the background."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receipts": 12}]})

    receipts: int
