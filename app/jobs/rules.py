"""Pure decisions about jobs: legal transitions, validity, what publishing needs, pay per month."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.jobs.models import Job
from app.kit.errors import Detail
from app.organizations.models import Organization

# From each state, the states a recruiter may move a job to, by the verb that does it. `closed` and `filled` are ends;
# `expire` is what the clock does.
TRANSITIONS: Mapping[str, Mapping[str, str]] = {
    "publish": {"draft": "open", "paused": "open"},
    "pause": {"open": "paused"},
    "close": {"open": "closed", "paused": "closed"},
    "fill": {"open": "filled", "paused": "filled"},
    "renew": {"open": "open", "paused": "paused", "expired": "open"},
    "expire": {"open": "expired", "paused": "expired"},
}
RENEWED_DAYS = 30
MOST_DAYS_AHEAD = 180

# Working hours and days of a month, as Chinese labour law counts them (21.75 days of 8 hours).
_CHINA = ZoneInfo("Asia/Shanghai")
_PER_MONTH = {"HOUR": 174.0, "DAY": 21.75, "WEEK": 4.35, "MONTH": 1.0}


def today(now: datetime) -> date:
    """The date that counts for validity: it ends when the day ends in China."""
    return now.astimezone(_CHINA).date()


def end_of(day: date) -> datetime:
    """The moment from which a job valid through `day` is over."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=_CHINA)


def takes_applications(job: Job, *, now: datetime) -> bool:
    """Whether a job is open and its validity has not ended."""
    return job.state == "open" and is_valid(job, now=now)


def is_valid(job: Job, *, now: datetime) -> bool:
    """Whether the last day of a job is not over yet."""
    return job.valid_through is None or job.valid_through >= today(now)


def state_at(job: Job, *, now: datetime) -> str:
    """A job's state for readers: one whose last day is over has expired, whether or not its task has run."""
    return "expired" if job.state in TRANSITIONS["expire"] and not is_valid(job, now=now) else job.state


def missing_for_publishing(job: Job, organization: Organization, *, today: date) -> dict[str, list[Detail]]:
    """What the notice 人社厅发〔2025〕60号 demands of a published job and this one lacks, by field."""
    missing: dict[str, list[Detail]] = {}

    def need(present: object, field: str, error: str, description: str) -> None:
        if not present:
            missing[field] = [Detail(error=error, description=description)]

    need(
        organization.profile,
        "organization.profile",
        "missing_employer_profile",
        "must say what the employer is and does (change the organization)",
    )
    need(job.description_html, "description_html", "missing_description", "must say the duties")
    need(job.requirements, "requirements", "missing_requirements", "must say what is asked of applicants")
    need(job.headcount, "headcount", "missing_headcount", "must say how many people are sought")
    need(
        job.locations or job.workplace_type == "remote",
        "locations",
        "missing_location",
        "must name a place, unless the job is remote",
    )
    need(
        job.salary_negotiable or job.salary_min is not None or job.salary_max is not None,
        "salary",
        "missing_salary",
        "must say the pay, or that it is negotiable (面议)",
    )
    need(job.valid_through, "valid_through", "missing_valid_through", "must say until when the post is valid")
    if job.valid_through and job.valid_through < today:
        missing["valid_through"] = [Detail(error="past_valid_through", description="must not be in the past")]
    return missing


def per_month(amount: int | None, *, currency: str | None, interval: str | None, months: int | None) -> int | None:
    """CNY a month, one of `months` equal payments a year, for search; None where that cannot be said."""
    if amount is None or currency != "CNY" or interval is None:
        return None
    if interval == "YEAR":
        return round(amount / (months or 12))
    return round(amount * _PER_MONTH[interval])
