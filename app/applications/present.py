"""Shows applications, to who made them and to the seats they came to."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.queries import Profile, load_profiles
from app.applications.models import Application, ApplicationChange
from app.applications.paths import present_paths
from app.applications.queries import load_changes
from app.applications.schemas import ApplicationChangeOut, ApplicationOut
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
    paths = await present_paths(session, post_ids=through, viewer_id=viewer_id, site=site)
    return [
        ApplicationOut(
            id=application.id,
            job_id=application.job_id,
            applicant=present_account(profiles[application.applicant_id], site=site),
            stage=application.stage,
            message=application.message,
            answers=application.answers,
            consent=application.consent_at is not None,
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
