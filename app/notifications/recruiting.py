"""Who is told of applications, and of what becomes of them. Handlers may run twice, late, out of order: rows decide."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application, ApplicationChange
from app.credits.models import ReferralAward
from app.credits.queries import find_standing_award, list_credits
from app.jobs.models import Job
from app.kit.clock import now
from app.notifications.service import tell, withdraw
from app.organizations.models import Seat
from app.organizations.queries import EDITORS
from app.posts.models import Post


async def tell_of_application(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell a job's author who applied ("application_id"), while they may edit it; no more of one that was withdrawn.

    A step ("change_id") that is no withdrawal is no news: what the author forgot meanwhile stays forgotten.
    """
    for payload in payloads:
        query = (
            select(Application, Job, Post)
            .join(Job, Job.id == Application.job_id)
            .join(Post, Post.id == Job.post_id)
            .where(Application.id == payload["application_id"], Post.deleted_at.is_(None))
            .with_for_update(read=True, of=(Application, Post))
        )
        row = (await session.execute(query)).first()
        if row is None:
            continue
        application, job, post = row
        fact: dict[str, Any] = {"kind": "applied", "from_id": application.applicant_id}
        if application.stage == "withdrawn":
            if not await _applied_again(session, application):
                await withdraw(session, **fact, account_id=job.author_id, post_id=post.id)
        elif "change_id" not in payload and await _edits(session, job):
            about = {"application_id": application.id, "job_id": job.id}
            await tell(
                session,
                **fact,
                recipients=[job.author_id],
                post=post,
                at=application.created_at,
                now=now(),
                about={job.author_id: orjson.dumps(about).decode()},
            )


async def tell_of_stage(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell each applicant where the application went ("change_id"), in the name of the job's author.

    Who moved it stands in the application. What the applicant did is no news.
    """
    for payload in payloads:
        query = (
            select(ApplicationChange, Application, Job, Post)
            .join(Application, Application.id == ApplicationChange.application_id)
            .join(Job, Job.id == Application.job_id)
            .join(Post, Post.id == Job.post_id)
            .where(ApplicationChange.id == payload["change_id"], Post.deleted_at.is_(None))
            .with_for_update(read=True, of=Post)
        )
        row = (await session.execute(query)).first()
        if row is None or row[0].actor_id == row[1].applicant_id:
            continue
        change, application, job, post = row
        about = {"application_id": application.id, "stage": change.stage, "reason": change.reason}
        await tell(
            session,
            kind="application",
            from_id=job.author_id,
            recipients=[application.applicant_id],
            post=post,
            at=change.created_at,
            now=now(),
            about={application.applicant_id: orjson.dumps(about).decode()},
        )


async def tell_of_referral(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell each who has a share of an award ("award_id") that it was given, or, when it stands no more, taken back.

    Who was hired is told only where they agreed to it. A new award of the same hire tells anew.
    """
    for payload in payloads:
        query = (
            select(ReferralAward, Application, Job, Post)
            .join(Application, Application.id == ReferralAward.application_id)
            .join(Job, Job.id == Application.job_id)
            .join(Post, Post.id == Job.post_id)
            .where(ReferralAward.id == payload["award_id"], Post.deleted_at.is_(None))
            .with_for_update(read=True, of=(ReferralAward, Post))
        )
        row = (await session.execute(query)).first()
        if row is None:
            continue
        award, application, job, post = row
        # Who has a share of the award in its place is told of that.
        standing = await find_standing_award(session, application_id=application.id) if award.reversed_at else None
        kept = await list_credits(session, award_ids=[standing.id]) if standing else []
        about = {
            credit.account_id: {
                "state": "reversed" if award.reversed_at else "credited",
                "job_id": job.id,
                "basis_points": credit.basis_points,
                "applicant_id": application.applicant_id if application.consent_at else None,
            }
            for credit in await list_credits(session, award_ids=[award.id])
            if credit.account_id not in {other.account_id for other in kept}
        }
        await tell(
            session,
            kind="referral",
            from_id=job.author_id,
            recipients=about,
            post=post,
            at=award.reversed_at or award.created_at,
            now=now(),
            about={account_id: orjson.dumps(told).decode() for account_id, told in about.items()},
        )


async def _applied_again(session: AsyncSession, application: Application) -> bool:
    again = select(Application.id).where(
        Application.job_id == application.job_id,
        Application.applicant_id == application.applicant_id,
        Application.stage != "withdrawn",
    )
    return await session.scalar(again) is not None


async def _edits(session: AsyncSession, job: Job) -> bool:
    seat = await session.get(Seat, (job.organization_id, job.author_id))
    return seat is not None and seat.role in EDITORS
