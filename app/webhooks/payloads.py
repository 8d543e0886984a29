"""What messages say, by event type: the shape of `data`, with an example of each.

No names but those of people who reposted in public, nothing of applicants but which application: whoever needs more
asks the API, which knows who may see it, and notes who looked.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ConfigDict, JsonValue

from app.kit.wire import IdOut, Time, WireModel

_JOB: dict[str, JsonValue] = {
    "id": "114",
    "title": "后端工程师",
    "state": "open",
    "url": "https://weizhi.example/jobs/114",
}
_WHEN = "2026-11-26T08:00:00.000Z"


class JobBrief(WireModel):
    """Which job it is about."""

    id: IdOut
    title: str
    state: str
    url: str


class JobFacts(JobBrief):
    """A job as it is now. `source_id` and `external_id` say which inbound source keeps it, and as what."""

    status_id: IdOut | None
    headcount: int | None
    locations: list[dict[str, str | None]]
    workplace_type: str
    employment_type: str
    salary: dict[str, int | str | None] | None
    skills: list[str]
    valid_through: str | None
    source_id: IdOut | None
    external_id: str | None
    published_at: Time | None
    closed_at: Time | None


class JobData(WireModel):
    """Data of job.published, job.updated, job.closed and job.expired."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "organization_id": "7",
                "job": {
                    **_JOB,
                    "status_id": "115",
                    "headcount": 2,
                    "locations": [{"city": "杭州", "region": "浙江", "country": "CN", "name": None}],
                    "workplace_type": "remote",
                    "employment_type": "FULL_TIME",
                    "salary": {"currency": "CNY", "min": 25000, "max": 40000, "interval": "MONTH", "months": 14},
                    "skills": ["Python"],
                    "valid_through": "2027-01-31",
                    "source_id": None,
                    "external_id": None,
                    "published_at": _WHEN,
                    "closed_at": None,
                },
            }
        }
    )

    organization_id: IdOut
    job: JobFacts


class AccountBrief(WireModel):
    """Somebody who acted in public."""

    id: IdOut
    username: str
    url: str


class RepostFacts(WireModel):
    """A branch of the job's cascade. `account` is null unless the repost is public."""

    id: IdOut
    kind: Literal["repost", "quote"]
    parent_id: IdOut
    depth: int
    account: AccountBrief | None
    created_at: Time


class RepostData(WireModel):
    """Data of job.reposted."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "organization_id": "7",
                "job": _JOB,
                "repost": {
                    "id": "120",
                    "kind": "repost",
                    "parent_id": "115",
                    "depth": 1,
                    "account": {"id": "9", "username": "lin", "url": "https://weizhi.example/@lin"},
                    "created_at": _WHEN,
                },
            }
        }
    )

    organization_id: IdOut
    job: JobBrief
    repost: RepostFacts


class MilestoneData(WireModel):
    """Data of job.reach_milestone: so many different people have been shown the job."""

    model_config = ConfigDict(json_schema_extra={"example": {"organization_id": "7", "job": _JOB, "reach": 1000}})

    organization_id: IdOut
    job: JobBrief
    reach: int


class ApplicationFacts(WireModel):
    """Which application it is about; who applied is told by the API alone."""

    id: IdOut
    job_id: IdOut
    stage: str
    previous: str | None
    created_at: Time


class ApplicationData(WireModel):
    """Data of application.created, application.stage_changed and application.hired."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "organization_id": "7",
                "job": _JOB,
                "application": {
                    "id": "131",
                    "job_id": "114",
                    "stage": "interview",
                    "previous": "screen",
                    "created_at": _WHEN,
                },
            }
        }
    )

    organization_id: IdOut
    job: JobBrief
    application: ApplicationFacts


class ReferralData(WireModel):
    """Data of referral.credited and referral.reversed: of which hire; the shares are read from the API."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"organization_id": "7", "job": _JOB, "application_id": "131", "award_id": "160"}}
    )

    organization_id: IdOut
    job: JobBrief
    application_id: IdOut
    award_id: IdOut


class PingData(WireModel):
    """Data of webhook.ping."""

    model_config = ConfigDict(json_schema_extra={"example": {"organization_id": "7", "webhook_id": "140"}})

    organization_id: IdOut
    webhook_id: IdOut


EventType = Literal[
    "job.published",
    "job.updated",
    "job.closed",
    "job.expired",
    "job.reposted",
    "job.reach_milestone",
    "application.created",
    "application.stage_changed",
    "application.hired",
    "referral.credited",
    "referral.reversed",
    "webhook.ping",
]

# Each event type: when it is told, and the shape of its data.
EVENT_TYPES: Mapping[EventType, tuple[str, type[WireModel]]] = {
    "job.published": ("A job became open, for the first time or again.", JobData),
    "job.updated": ("A published job says something else now, or is paused.", JobData),
    "job.closed": ("A job was closed or filled.", JobData),
    "job.expired": ("A job's validity ended.", JobData),
    "job.reposted": ("Somebody reposted or quoted a job.", RepostData),
    "job.reach_milestone": ("A job was shown to so many different people.", MilestoneData),
    "application.created": ("Somebody applied.", ApplicationData),
    "application.stage_changed": ("An application moved to another stage, or was withdrawn.", ApplicationData),
    "application.hired": ("An application ended in a hire.", ApplicationData),
    "referral.credited": ("A hire was credited along the path it came by.", ReferralData),
    "referral.reversed": ("A credit was taken back.", ReferralData),
    "webhook.ping": ("You asked for a test.", PingData),
}


def example(event_type: EventType) -> dict[str, Any]:
    """A whole message of a type."""
    extra = EVENT_TYPES[event_type][1].model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    return {"type": event_type, "timestamp": _WHEN, "data": extra["example"]}
