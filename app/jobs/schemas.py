"""The wire of jobs. Field names follow schema.org's JobPosting and ours in docs/glossary.md."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, HttpUrl, model_validator

from app.jobs.currencies import require_currency
from app.jobs.examples import JOB
from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, Time, WireModel
from app.organizations.schemas import OrganizationOut

WorkplaceType = Literal["on_site", "hybrid", "remote"]
EmploymentType = Literal[
    "FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER"
]
Interval = Literal["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]
State = Literal["draft", "open", "paused", "closed", "filled", "expired"]
Education = Literal["none", "high_school", "associate", "bachelor", "master", "doctor"]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Word = Annotated[str, Field(min_length=1, max_length=60)]

MOST_MONEY = 1_000_000_000
# Farther days only mean that nobody thought of an end, and dates end soon after.
LAST_DAY = date(2199, 12, 31)
LastDay = Annotated[
    date, Field(le=LAST_DAY, description="The last day of validity, as days are in China: 2199-12-31 at the latest.")
]


class Location(RequestModel):
    """A place of work. `name` is the place as one line, where the parts are not known."""

    city: Annotated[str, Field(max_length=60)] | None = None
    region: Annotated[str, Field(max_length=60)] | None = None
    country: Annotated[str, Field(max_length=60)] | None = None
    name: Annotated[str, Field(max_length=200)] | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.city or self.name or self.region or self.country):
            raise ValueError("must name a city, region, country or place")
        return self


class Salary(RequestModel):
    """Pay in whole units of `currency` per `interval`, paid `months` times a year (12 unless said)."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$"), AfterValidator(require_currency)] = "CNY"
    min: Annotated[int, Field(ge=0, le=MOST_MONEY)] | None = None
    max: Annotated[int, Field(ge=0, le=MOST_MONEY)] | None = None
    interval: Interval = "MONTH"
    months: Annotated[int, Field(ge=1, le=36)] | None = None

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("must have min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not exceed max")
        if not (self.min if self.max is None else self.max):
            raise ValueError("must be more than nothing")
        return self


class JobFields(RequestModel):
    """The facts of a job; all but the title may still be missing in a draft."""

    description_html: (
        Annotated[str, Field(max_length=100_000, description="The duties, as HTML; what could run in it is taken out.")]
        | None
    ) = None
    requirements: (
        Annotated[list[Line], Field(max_length=50, description="What is asked of applicants, a line each.")] | None
    ) = None
    headcount: Annotated[int, Field(ge=1, le=100_000, description="How many people are sought.")] | None = None
    locations: Annotated[list[Location], Field(max_length=20, description="Not needed where all is remote.")] | None = (
        None
    )
    workplace_type: WorkplaceType | None = None
    employment_type: EmploymentType | None = None
    salary: Salary | None = None
    salary_negotiable: Annotated[bool | None, Field(description="面议, in place of `salary`.")] = None
    experience_min_years: Annotated[int, Field(ge=0, le=50)] | None = None
    education: Education | None = None
    skills: (
        Annotated[list[Word], Field(max_length=30, description="The first three are topics of the post.")] | None
    ) = None
    language: Annotated[str, Field(pattern="^[a-z]{2,3}$", description="Of its words (ISO 639).")] | None = None
    apply_url: (
        Annotated[
            HttpUrl, Field(max_length=2000, description="The employer's own page to apply on; else one applies here.")
        ]
        | None
    ) = None
    valid_through: LastDay | None = None


class JobCreate(JobFields):
    """A new job, as a draft."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "organization_id": "115601234567890123",
                    "title": "后端工程师",
                    "description_html": "<p>负责推荐系统的后端服务。</p>",
                    "requirements": ["三年以上后端经验", "熟悉 Python 或 Go"],
                    "headcount": 2,
                    "locations": [{"city": "杭州", "region": "浙江", "country": "CN"}],
                    "workplace_type": "hybrid",
                    "employment_type": "FULL_TIME",
                    "salary": {"currency": "CNY", "min": 25000, "max": 40000, "interval": "MONTH", "months": 14},
                    "skills": ["Python", "PostgreSQL"],
                    "valid_through": "2027-01-31",
                    "language": "zh",
                }
            ]
        }
    )

    organization_id: IdIn
    title: Annotated[str, Field(min_length=1, max_length=120), OneLine]


class JobUpdate(JobFields):
    """Changes to a job; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headcount": 3, "valid_through": "2027-02-28"}]})

    title: Annotated[str, Field(min_length=1, max_length=120), OneLine] | None = None


class JobRenewal(RequestModel):
    """How long a job is to be valid; without a day 30 days more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_through": "2027-01-31"}, {}]})

    valid_through: LastDay | None = None


class DeletedOut(WireModel):
    """Nothing is left to show."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class LocationOut(WireModel):
    """A place of work."""

    city: str | None
    region: str | None
    country: str | None
    name: str | None


class SalaryOut(WireModel):
    """Pay. `text` is the line people read; the amounts are None for 面议."""

    currency: str | None
    min: int | None
    max: int | None
    interval: Interval | None
    months: int | None
    negotiable: bool
    text: str


class JobOut(WireModel):
    """A job as anyone who may see its post sees it.

    `source` says where the information came from, `assumed` which facts that source did not give.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [JOB]})

    id: IdOut
    status_id: IdOut | None
    url: str
    state: State
    title: str
    organization: OrganizationOut
    description_html: str
    requirements: list[str]
    headcount: int | None
    locations: list[LocationOut]
    workplace_type: WorkplaceType
    employment_type: EmploymentType
    salary: SalaryOut
    experience_min_years: int | None
    education: Education | None
    skills: list[str]
    language: str | None
    apply_mode: Literal["internal", "url"]
    apply_url: str | None
    valid_through: date | None
    source: Literal["weizhi", "inbound"]
    external_id: str | None
    assumed: list[str]
    created_at: Time
    updated_at: Time
    published_at: Time | None
    closed_at: Time | None
