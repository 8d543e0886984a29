"""The wire of organisations."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, HttpUrl

from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, Time, WireModel
from app.organizations import examples


class OrganizationCreate(RequestModel):
    """A new employer; whoever creates it holds its first seat, as owner."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "云杉科技", "url": "https://yunshan.example", "profile": "做推荐系统的公司，80 人。"}]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=100), OneLine]
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None
    profile: Annotated[str, Field(max_length=2000, description="What the employer is and does; needed to publish.")] = (
        ""
    )


class OrganizationUpdate(RequestModel):
    """Changes to an organisation; what is absent stays. `url` may be null."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"profile": "做推荐系统的公司，120 人。"}]})

    name: Annotated[str, Field(min_length=1, max_length=100), OneLine] | None = None
    url: Annotated[HttpUrl, Field(max_length=2000)] | None = None
    profile: Annotated[str, Field(max_length=2000)] | None = None


class OrganizationOut(WireModel):
    """An employer. `label` is what must stand beside an unverified one's name."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ORGANIZATION]})

    id: IdOut
    name: str
    url: str | None
    verified: bool
    verified_at: Time | None
    label: str | None
    created_at: Time


class EmployerOut(OrganizationOut):
    """An employer, and what it says of itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.EMPLOYER]})

    profile: str


class VerificationCreate(RequestModel):
    """What shows that the organisation is what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credit_code": "91330106MA2CFLDG4R",
                    "domain": "yunshan.example",
                    "evidence": "营业执照见链接；域名邮箱 hr@yunshan.example 可回信确认。",
                    "evidence_url": "https://yunshan.example/license.pdf",
                }
            ]
        }
    )

    credit_code: Annotated[str, Field(min_length=1, max_length=30, description="统一社会信用代码 (GB 32100-2015).")]
    license_no: Annotated[str, Field(min_length=1, max_length=60, description="人力资源服务许可证.")] | None = None
    domain: Annotated[str, Field(max_length=253, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")] | None = None
    evidence: Annotated[str, Field(min_length=1, max_length=2000)]
    evidence_url: Annotated[HttpUrl, Field(max_length=2000)] | None = None


class VerificationOut(WireModel):
    """How an organisation stands, for its seats: `submission` is what was submitted last."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.VERIFICATION]})

    state: Literal["none", "pending", "verified", "rejected", "lapsed"]
    verified_at: Time | None
    verify_due_at: Time | None
    submission: "SubmissionOut | None"


class SubmissionOut(WireModel):
    """What was submitted, and what a reviewer made of it."""

    id: IdOut
    state: Literal["pending", "verified", "rejected", "lapsed"]
    credit_code: str
    license_no: str | None
    domain: str | None
    evidence: str
    evidence_url: str | None
    submitted_at: Time
    decided_at: Time | None
    reason: str | None


Role = Literal["owner", "recruiter", "viewer"]


class SeatInvite(RequestModel):
    """Whom to offer which seat."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"account_id": "115601234567890123", "role": "recruiter"}]}
    )

    account_id: IdIn
    role: Role


class RoleUpdate(RequestModel):
    """Another role for a seat."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "viewer"}]})

    role: Role


class MemberOut(WireModel):
    """An account that holds a seat, or is offered one."""

    id: IdOut
    username: str
    display_name: str
    url: str


class MemberSeatOut(WireModel):
    """A seat as the organisation's seats see it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MEMBER_SEAT]})

    account: MemberOut
    role: Role
    created_at: Time


class InvitationOut(WireModel):
    """A seat that is offered and not taken yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INVITATION]})

    id: IdOut
    organization: OrganizationOut
    account: MemberOut
    role: Role
    created_at: Time


class GoneOut(WireModel):
    """Nothing is left to show."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class SeatOut(WireModel):
    """What an account may do for an organisation."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.SEAT]})

    organization: OrganizationOut
    role: Literal["owner", "recruiter", "viewer"]
