"""The wire of inbound sources and receipts."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.jobs.schemas import EmploymentType, Salary, WorkplaceType
from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel

Kind = Literal["standard", "greenhouse"]
ReceiptStatus = Literal["created", "updated", "unchanged", "closed", "ignored", "rejected"]


class Defaults(RequestModel):
    """What to assume where a source does not say it. A job tells which of its facts were assumed."""

    headcount: Annotated[int, Field(ge=1, le=100_000)] = 1
    salary: Salary | None = Field(None, description="Without it the pay is negotiable (面议).")
    valid_days: Annotated[int, Field(ge=1, le=365)] = 90
    workplace_type: WorkplaceType = "on_site"
    employment_type: EmploymentType = "FULL_TIME"


class InboundSourceCreate(RequestModel):
    """A recruiter's system that will push jobs of one organisation."""

    kind: Kind
    organization_id: IdIn
    defaults: Defaults = Defaults()


class InboundSourceOut(WireModel):
    """An inbound source. Point the recruiter's system at `url`."""

    id: IdOut
    kind: Kind
    organization_id: IdOut
    url: str
    defaults: Defaults
    created_at: Time
    last_received_at: Time | None
    last_error: str | None


class InboundSourceWithSecretOut(InboundSourceOut):
    """A new inbound source with its signing secret, told this once."""

    secret: str


class ReceiptOut(WireModel):
    """What became of a message: the answer to the sender."""

    receipt_id: IdOut
    job_id: IdOut | None
    status: ReceiptStatus
    error: str | None = None
    code: str | None = None
    details: dict[str, Any] | None = None


class KeptReceiptOut(ReceiptOut):
    """A receipt as its organisation sees it, with the message as it came (text, at most 2,000 characters)."""

    message_id: str
    received_at: Time
    body: str
