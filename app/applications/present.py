"""Shows applications, to who made them and to the seats they came to."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.applications.models import Application, ApplicationAccess, ApplicationChange
from app.applications.paths import present_paths
from app.applications.queries import load_changes
from app.applications.schemas import (
    AccessOut,
    ApplicationChangeOut,
    ApplicationOut,
    AttachedResumeOut,
    ProfileSnapshotOut,
)
from app.jobs.queries import load_jobs
from app.kit.site import Site
from app.reading.present_account import present_account


async def present_applications(
    session: AsyncSession, applications: Sequence[Application], *, viewer_id: int, site: Site
) -> list[ApplicationOut]:
    """Applications with their paths and histories, in a bounded number of statements.

    Whoever did not make one is taken to sit in its organisation: the gates have looked.
    """
    changes = await load_changes(session, ids={application.id for application in applications})
    people = {application.applicant_id for application in applications}
    people |= {change.actor_id for steps in changes.values() for change in steps if change.actor_id is not None}
    profiles = await load_profiles(session, ids=people)
    through = {application.via_post_id for application in applications}
    # To seats only who passed the job on in public has a name.
    in_public = any(application.applicant_id != viewer_id for application in applications)
    paths = await present_paths(session, post_ids=through, viewer_id=viewer_id, site=site, in_public=in_public)
    jobs = await load_jobs(session, ids={one.job_id for one in applications if one.mode == "url"})
    return [
        ApplicationOut(
            id=application.id,
            job_id=application.job_id,
            applicant=present_account(profiles[application.applicant_id], site=site),
            stage=application.stage,
            mode=application.mode,
            apply_url=jobs[application.job_id].apply_url if application.job_id in jobs else None,
            message=application.message,
            answers=application.answers,
            profile=ProfileSnapshotOut(**application.profile) if application.profile else None,
            resume=_resume(application),
            consent=application.consent_at is not None,
            consent_words=application.consent_words,
            via=application.via_post_id,
            inference=application.inference,
            confidence=application.confidence,
            path=paths[application.via_post_id],
            history=[
                _step(change, profiles, notes=viewer_id != application.applicant_id, site=site)
                for change in changes.get(application.id, ())
            ],
            created_at=application.created_at,
            moved_at=application.moved_at,
            erased_at=application.erased_at,
        )
        for application in applications
        if application.applicant_id in profiles
    ]


def _step(change: ApplicationChange, profiles: dict[int, Profile], *, notes: bool, site: Site) -> ApplicationChangeOut:
    by = profiles.get(change.actor_id) if change.actor_id is not None else None
    return ApplicationChangeOut(
        id=change.id,
        by=present_account(by, site=site) if by else None,
        previous=change.previous,
        stage=change.stage,
        reason=change.reason,
        note=(change.note or None) if notes else None,
        created_at=change.created_at,
    )


async def present_accesses(
    session: AsyncSession, accesses: Sequence[ApplicationAccess], *, site: Site
) -> list[AccessOut]:
    """Who saw an application. One statement."""
    profiles = await load_profiles(session, ids={access.account_id for access in accesses})
    return [
        AccessOut.model_validate(
            {
                "id": access.id,
                "by": present_account(profiles[access.account_id], site=site)
                if access.account_id in profiles
                else None,
                "kind": access.kind,
                "created_at": access.created_at,
            }
        )
        for access in accesses
    ]


def _resume(application: Application) -> AttachedResumeOut | None:
    if application.resume_key is None:
        return None
    return AttachedResumeOut(
        name=application.resume_name or "",
        content_type=application.resume_type or "",
        size=application.resume_size or 0,
    )
