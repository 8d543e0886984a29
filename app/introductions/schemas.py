"""The wire of introductions."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from app.introductions import examples
from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut

State = Literal["requested", "forwarded", "accepted", "declined", "withdrawn", "expired"]
MayAsk = Literal["everyone", "followed", "nobody"]
MayReach = Literal["everyone", "nobody"]


class PathStepOut(WireModel):
    """From the one before (first: from you) to `account`, and how those two stand.

    `relation`: `mutual`, or the one before `follows` the account, or is `followed_by` it. `interactions`: how often
    one lately answered, passed on, quoted or liked what the other said in public; of many, some. `why` gives the
    reasons for `strength` (0..1).
    """

    account: AccountOut
    relation: Literal["mutual", "follows", "followed_by"]
    interactions: int
    strength: float
    why: list[Literal["mutual", "follows", "followed_by", "interactions"]]


class PathOut(WireModel):
    """A way to someone: whom to ask, in this order, up to `to` at its end. One step: they follow you already."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PATH]})

    to: AccountOut
    hops: int
    strength: float
    steps: list[PathStepOut]


class PreferencesOut(WireModel):
    """Who may ask you to introduce them, and whether people may be introduced to you."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PREFERENCES]})

    may_ask: MayAsk = "everyone"
    may_reach: MayReach = "everyone"


class PreferencesUpdate(RequestModel):
    """What is absent stays. `followed`: only those you follow may ask you themselves."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"may_ask": "followed"}, {"may_reach": "nobody"}]})

    may_ask: MayAsk | None = None
    may_reach: MayReach | None = None


class IntroductionCreate(RequestModel):
    """A wish to be introduced: to whom (one of `to_account_id`, `organization_id`, `job_id`), by whom, and what for.

    `via_account_ids` as a path showed them: whom you ask, and who they would ask in turn. `job_id` beside another says
    what it is about.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "to_account_id": "115601234567890123",
                    "via_account_ids": ["115601234567890124"],
                    "purpose": "想了解你们后端团队的工作方式，我做过五年推荐系统。",
                    "job_id": "115601234567890125",
                },
                {
                    "organization_id": "115601234567890126",
                    "via_account_ids": ["115601234567890124", "115601234567890127"],
                    "purpose": "I would like to talk about the open backend position.",
                },
            ]
        }
    )

    to_account_id: IdIn | None = None
    organization_id: IdIn | None = None
    job_id: IdIn | None = None
    via_account_ids: Annotated[list[IdIn], Field(min_length=1, max_length=2)]
    purpose: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Forwarding(RequestModel):
    """A word to the next: why they should listen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "共事三年，很靠谱。"}, {}]})

    note: Annotated[str, Field(max_length=500)] = ""


class Declining(RequestModel):
    """Why not; who asked is never told."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "不太熟"}, {}]})

    reason: Annotated[str, Field(max_length=500)] = ""


class IntroducerOut(WireModel):
    """Somebody an introduction goes through. `note` is for the next alone, and who wrote it."""

    account: AccountOut | None
    asked_at: Time | None
    forwarded_at: Time | None
    note: str | None


class IntroductionOut(WireModel):
    """An introduction, as your part in it (`role`) lets you see it.

    `requested`: it lies with an introducer; `forwarded`: with whom it is for. `waiting_for_id`: with whom. `reason`, of
    who declined, is told to all but who asked. Whoever is gone is null.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INTRODUCTION]})

    id: IdOut
    role: Literal["from", "via", "to"]
    state: State
    from_account: AccountOut | None
    to_account: AccountOut | None
    via: list[IntroducerOut]
    purpose: str
    job_id: IdOut | None
    organization_id: IdOut | None
    waiting_for_id: IdOut | None
    reason: str | None
    created_at: Time
    updated_at: Time
    expires_at: Time
    ended_at: Time | None


class CountsOut(WireModel):
    """How far introductions came: `forwarded` by the first introducer at least, `reached` those they were for."""

    requested: int
    forwarded: int
    reached: int
    accepted: int
    declined: int
    expired: int
    withdrawn: int


class ThroughOut(WireModel):
    """What became of those you asked one person for."""

    account: AccountOut
    requested: int
    forwarded: int
    accepted: int


class RecordOut(WireModel):
    """What you did with those you were asked for. `median_seconds`: half of what you forwarded was faster."""

    requested: int
    forwarded: int
    accepted: int
    declined: int
    median_seconds: int | None


class FunnelOut(WireModel):
    """Your introductions of a year, at most a thousand, and what you did with others'.

    `acceptance`: of those that ended, how many were accepted; of cold invitations it is `cold_acceptance`. With
    `warning`, `low_acceptance`: fewer than 13 of 100 were, and until that is better you may ask for one a day.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FUNNEL]})

    asked: CountsOut
    by_introducer: list[ThroughOut]
    introduced: RecordOut
    acceptance: float | None
    cold_acceptance: float
    warning: Literal["low_acceptance"] | None
