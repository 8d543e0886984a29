"""A job as schema.org's JobPosting."""

from typing import Any

from app.jobs.schemas import JobOut, SalaryOut


def job_posting(job: JobOut) -> dict[str, Any]:
    """JSON-LD of a published job (schema.org/JobPosting, with the properties search engines ask for)."""
    posting: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "identifier": {"@type": "PropertyValue", "name": "Weizhi", "value": str(job.id)},
        "title": job.title,
        "description": job.description_html,
        "datePosted": job.published_at.date().isoformat() if job.published_at else None,
        "validThrough": job.valid_through.isoformat() if job.valid_through else None,
        "employmentType": job.employment_type,
        "hiringOrganization": {"@type": "Organization", "name": job.organization.name, "sameAs": job.organization.url},
        "jobLocation": [
            {
                "@type": "Place",
                "address": {
                    "@type": "PostalAddress",
                    "addressLocality": place.city or place.name,
                    "addressRegion": place.region,
                    "addressCountry": place.country,
                },
            }
            for place in job.locations
        ],
        "jobLocationType": "TELECOMMUTE" if job.workplace_type == "remote" else None,
        "baseSalary": _base_salary(job.salary),
        "totalJobOpenings": job.headcount,
        "skills": ", ".join(job.skills) or None,
        "directApply": job.apply_mode == "internal",
        "url": job.url,
    }
    return {key: _without_none(value) for key, value in posting.items() if value is not None}


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
