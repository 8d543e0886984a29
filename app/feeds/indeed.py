"""Every open job in the shape that Indeed and those who learnt from it read."""

from datetime import datetime

from app.feeds.writing import HEAD, cdata, element, employer, full_html, mail_date
from app.jobs.schemas import JobOut
from app.kit.site import Site

_TYPES = {
    "FULL_TIME": "fulltime",
    "PART_TIME": "parttime",
    "CONTRACTOR": "contract",
    "TEMPORARY": "temporary",
    "INTERN": "internship",
    "VOLUNTEER": "volunteer",
    "PER_DIEM": "perdiem",
}
_REMOTE = {"remote": "Fully remote", "hybrid": "Hybrid remote"}
END = "</source>\n"


def start(site: Site, *, changed_at: datetime | None) -> str:
    """Everything before the first job."""
    about = element("publisher", site.title) + element("publisherurl", site.url)
    return f"{HEAD}<source>{about}{element('lastBuildDate', mail_date(changed_at))}\n"


def entry(job: JobOut, profile: str) -> str:
    """One job."""
    place = job.locations[0] if job.locations else None
    experience = f"{job.experience_min_years}+ years" if job.experience_min_years else None
    fields = {
        "title": job.title,
        "date": mail_date(job.published_at),
        "lastactivitydate": mail_date(job.updated_at),
        "referencenumber": job.id,
        # Theirs must have one: the employer's own number, where it is known.
        "requisitionid": job.external_id or job.id,
        "url": job.url,
        "company": employer(job),
        "sourcename": job.organization.name,
        "city": (place.city or place.name) if place else None,
        "state": place.region if place else None,
        "country": place.country if place else None,
        "description": full_html(job, profile),
        "salary": job.salary.text,
        "education": job.education,
        "jobtype": _TYPES.get(job.employment_type),
        "category": ", ".join(job.skills) or None,
        "experience": experience,
        "expirationdate": job.valid_through.isoformat() if job.valid_through else None,
        "remotetype": _REMOTE.get(job.workplace_type),
    }
    return "<job>" + "".join(cdata(name, value) for name, value in fields.items()) + "</job>\n"
