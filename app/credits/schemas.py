"""The wire of credit."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from app.credits.examples import CREDITS, OWN_CREDIT
from app.kit.wire import IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut

Policy = Literal["path_geometric", "last_touch", "equal", "none"]
_ABOUT = (
    "`path_geometric`: half to who stood nearest the applicant, then a quarter, and so on; `last_touch`: all to the "
    "nearest; `equal`: the same to each; `none`."
)


class PolicyChoice(RequestModel):
    """A policy; null: as the next wider one says (the organisation's, then the service's)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "equal"}, {"policy": None}]})

    policy: Annotated[Policy | None, Field(description=_ABOUT)]


class Recomputation(RequestModel):
    """By which policy to share a hire out anew; null: the job's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "last_touch"}]})

    policy: Annotated[Policy | None, Field(description=_ABOUT)] = None


class PolicyOut(WireModel):
    """How coming hires are shared out, and who chose that."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "path_geometric", "set_by": "service"}]})

    policy: Policy
    set_by: Literal["service", "organization", "job"]


class CreditOut(WireModel):
    """A share of a hire: points of reputation, of 10,000 in all. Who stood nearest the applicant is `hop` 1.

    `account` is null for who is not named: whose post is private (to the applicant, unless they may see it) or gone,
    who is suspended since, or keeps the reader away. `confidence` (0..1): how surely the path led by the post
    `status_id`.
    """

    account: AccountOut | None
    status_id: IdOut
    hop: int
    basis_points: int
    confidence: float
    state: Literal["pending", "confirmed", "reversed"]
    decided_at: Time | None


class AwardOut(WireModel):
    """One sharing out of a hire. `unassigned`: basis points that are nobody's. A reversed one counts no more."""

    id: IdOut
    generation: int
    policy: Policy
    unassigned: int
    credits: list[CreditOut]
    created_at: Time
    reversed_at: Time | None


class CreditsOut(WireModel):
    """How an application's hire was shared out: `current` is null where nothing stands; `past` ones were reversed."""

    model_config = ConfigDict(json_schema_extra={"examples": [CREDITS]})

    application_id: IdOut
    current: AwardOut | None
    past: list[AwardOut]


class OwnCreditOut(WireModel):
    """A share of your own. `applicant` is null unless they agreed to be shown."""

    model_config = ConfigDict(json_schema_extra={"examples": [OWN_CREDIT]})

    id: IdOut
    job_id: IdOut
    status_id: IdOut
    policy: Policy
    hop: int
    basis_points: int
    confidence: float
    state: Literal["pending", "confirmed", "reversed"]
    applicant: AccountOut | None
    decided_at: Time | None


class ReferralRecordOut(WireModel):
    """What an account's word of mouth came to: reputation, not money.

    `applications` came by its reposts, `hires` of them stand; `points` are basis points of hires that lasted,
    `points_pending` of those not yet confirmed. `public`: whether others may see this.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account_id": "117680834324004872",
                    "applications": 12,
                    "hires": 2,
                    "points": 5000,
                    "points_pending": 2500,
                    "public": True,
                }
            ]
        }
    )

    account_id: IdOut
    applications: int
    hires: int
    points: int
    points_pending: int
    public: bool
