"""Step four for jobs and the organisations behind them."""

from app.jobs import rendering
from app.jobs.models import Job
from app.jobs.rules import state_at
from app.jobs.schemas import JobOut, LocationOut, SalaryOut
from app.jobs.service import salary_line
from app.kit.clock import now
from app.kit.site import Site
from app.organizations.models import Organization
from app.organizations.rules import label
from app.organizations.schemas import EmployerOut, OrganizationOut
from app.reading import schemas


def present_organization(organization: Organization) -> OrganizationOut:
    """An organisation, labelled when it is not verified."""
    return OrganizationOut(
        id=organization.id,
        name=organization.name,
        url=organization.url,
        verified=organization.verified_at is not None,
        verified_at=organization.verified_at,
        label=label(organization),
        created_at=organization.created_at,
    )


def present_employer(organization: Organization) -> EmployerOut:
    """An organisation with what it says of itself."""
    return EmployerOut(**dict(present_organization(organization)), profile=organization.profile)


def present_job(job: Job, organization: Organization, *, site: Site) -> JobOut:
    """A job with its employer."""
    return JobOut(
        id=job.id,
        status_id=job.post_id,
        url=site.job_url(job.id),
        state=state_at(job, now=now()),
        title=job.title,
        organization=present_organization(organization),
        description_html=job.description_html,
        requirements=job.requirements,
        headcount=job.headcount,
        locations=[
            LocationOut(**{part: place.get(part) for part in LocationOut.model_fields}) for place in job.locations
        ],
        workplace_type=job.workplace_type,
        employment_type=job.employment_type,
        salary=SalaryOut(
            currency=job.salary_currency,
            min=job.salary_min,
            max=job.salary_max,
            interval=job.salary_interval,
            months=job.salary_months,
            negotiable=job.salary_negotiable,
            text=salary_line(job),
        ),
        experience_min_years=job.experience_min_years,
        education=job.education,
        skills=job.skills,
        language=job.language,
        apply_mode="url" if job.apply_url else "internal",
        apply_url=job.apply_url,
        valid_through=job.valid_through,
        source="inbound" if job.source_id else "weizhi",
        external_id=job.external_id,
        assumed=job.assumed,
        created_at=job.created_at,
        updated_at=job.updated_at,
        published_at=job.published_at,
        closed_at=job.closed_at,
    )


def present_card(job: Job, organization: Organization, *, site: Site, url: str | None = None) -> schemas.CardOut:
    """The preview of a job's page (under `url`, where it is somebody's own), for apps that know nothing of jobs."""
    place = rendering.place_line(job.locations, job.workplace_type)
    return schemas.CardOut(
        url=url or site.job_url(job.id),
        title=f"{job.title} · {organization.name}",
        description=f"{place} · {salary_line(job)}",
        provider_name=site.title,
        provider_url=site.url,
        language=job.language,
        published_at=job.published_at,
    )
