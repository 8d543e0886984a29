"""A job as schema.org's JobPosting."""

from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from app.jobs.rules import end_of
from app.jobs.schemas import JobOut, LocationOut, SalaryOut

_CHINA = ZoneInfo("Asia/Shanghai")
_CREDENTIALS = {
    "high_school": "high school",
    "associate": "associate degree",
    "bachelor": "bachelor degree",
    "master": "postgraduate degree",
    "doctor": "postgraduate degree",
}


def job_posting(job: JobOut) -> dict[str, Any]:
    """JSON-LD of a published job (schema.org/JobPosting, with the properties search engines ask for).

    Of a job that takes no applications any more `validThrough` is past, which is how they are told.
    """
    remote = job.workplace_type == "remote"
    posting: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "identifier": {"@type": "PropertyValue", "name": job.organization.name, "value": str(job.id)},
        "title": job.title,
        "description": _description(job),
        "datePosted": job.published_at.astimezone(_CHINA).date().isoformat() if job.published_at else None,
        "validThrough": _valid_through(job),
        "employmentType": job.employment_type,
        "hiringOrganization": {"@type": "Organization", "name": job.organization.name, "sameAs": job.organization.url},
        "jobLocation": [_place(place) for place in job.locations] or None,
        "jobLocationType": "TELECOMMUTE" if remote else None,
        "applicantLocationRequirements": _countries(job.locations) if remote else None,
        "baseSalary": _base_salary(job.salary),
        "totalJobOpenings": job.headcount,
        "skills": ", ".join(job.skills) or None,
        "qualifications": "\n".join(job.requirements) or None,
        "experienceRequirements": _experience(job.experience_min_years),
        "educationRequirements": _education(job.education),
        # One applies on the employer's page or in an app: the page itself takes nothing.
        "directApply": False,
        "url": job.url,
    }
    return {key: _without_none(value) for key, value in posting.items() if value is not None}


def _description(job: JobOut) -> str:
    asked = "".join(f"<li>{escape(line)}</li>" for line in job.requirements)
    return f"{job.description_html}<h3>要求</h3><ul>{asked}</ul>" if asked else job.description_html


def _valid_through(job: JobOut) -> str | None:
    end: datetime | None = end_of(job.valid_through) if job.valid_through else None
    if job.state != "open":
        stopped = job.closed_at or job.updated_at
        end = min(end, stopped) if end else stopped
    return end.astimezone(_CHINA).isoformat(timespec="seconds") if end else None


def _place(place: LocationOut) -> dict[str, Any]:
    address = {
        "@type": "PostalAddress",
        "addressLocality": place.city or place.name,
        "addressRegion": place.region,
        # Search engines ask for one, and who names none is at home.
        "addressCountry": place.country or "CN",
    }
    return {"@type": "Place", "address": address}


def _countries(places: list[LocationOut]) -> list[dict[str, str]]:
    names = dict.fromkeys(place.country or "CN" for place in places) or {"CN": None}
    return [{"@type": "Country", "name": name} for name in names]


def _experience(years: int | None) -> dict[str, Any] | None:
    return {"@type": "OccupationalExperienceRequirements", "monthsOfExperience": years * 12} if years else None


def _education(education: str | None) -> dict[str, Any] | None:
    credential = _CREDENTIALS.get(education or "")
    return {"@type": "EducationalOccupationalCredential", "credentialCategory": credential} if credential else None


def _base_salary(salary: SalaryOut) -> dict[str, Any] | None:
    if salary.min is None and salary.max is None:
        return None
    value = {
        "@type": "QuantitativeValue",
        "minValue": salary.min,
        "maxValue": salary.max,
        "unitText": salary.interval,
    }
    return {"@type": "MonetaryAmount", "currency": salary.currency, "value": value}


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_none(item) for item in value]
    return value
