"""What a request says of a job, written into its row."""

from typing import Any

import nh3

from app.jobs.models import Job
from app.jobs.rules import per_month
from app.jobs.schemas import JobFields, Salary
from app.jobs.text import find_requirements
from app.kit.errors import Invalid, fields_error


class SalaryUnclear(Invalid):
    code = "validation_failed"
    message = "Validation failed: salary must be amounts or negotiable, not both"


def apply_fields(job: Job, request: JobFields, *, title: str | None) -> None:
    """Write the given fields into `job`; what is absent stays. HTML is cleaned. Raises Invalid."""
    if title is not None:
        job.title = " ".join(title.split())
        if not job.title:
            raise fields_error({"title": [{"error": "ERR_BLANK", "description": "can't be blank"}]})
    simple = ("headcount", "workplace_type", "employment_type", "experience_min_years", "education", "language")
    given: dict[str, Any] = request.model_dump(include={*simple, "requirements", "valid_through"}, exclude_none=True)
    for name, value in given.items():
        setattr(job, name, value)
    if request.description_html is not None:
        job.description_html = nh3.clean(request.description_html).strip()
    if request.skills is not None:
        job.skills = list(dict.fromkeys(skill.strip() for skill in request.skills if skill.strip()))
    if request.locations is not None:
        job.locations = [place.model_dump() for place in request.locations]
    if request.apply_url is not None:
        job.apply_url = str(request.apply_url)
    for name in ("apply_url", "experience_min_years", "education", "language"):
        # Told to be nothing, unlike not told: these facts may be taken back.
        if name in request.model_fields_set and getattr(request, name) is None:
            setattr(job, name, None)
    if request.salary and request.salary_negotiable:
        raise SalaryUnclear
    if request.salary:
        _set_salary(job, request.salary)
    elif request.salary_negotiable:
        _set_salary(job, None)


def fill_requirements(job: Job) -> None:
    """Take what is asked of applicants from the description, where the job's source says all in one text."""
    if not job.requirements or "requirements" in job.assumed:
        job.requirements = find_requirements(job.description_html)
        job.assumed = list(dict.fromkeys([*job.assumed, "requirements"]))


def _set_salary(job: Job, salary: Salary | None) -> None:
    job.salary_negotiable = salary is None
    job.salary_currency = salary.currency if salary else None
    job.salary_min = salary.min if salary else None
    job.salary_max = salary.max if salary else None
    job.salary_interval = salary.interval if salary else None
    job.salary_months = salary.months if salary else None
    known = {"currency": job.salary_currency, "interval": job.salary_interval, "months": job.salary_months}
    low = job.salary_min if job.salary_min is not None else job.salary_max
    high = job.salary_max if job.salary_max is not None else job.salary_min
    job.monthly_min, job.monthly_max = per_month(low, **known), per_month(high, **known)  # type: ignore[arg-type]
