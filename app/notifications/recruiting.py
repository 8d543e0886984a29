"""Who is told of what becomes of applications. Handlers may run twice, late, or out of order: rows decide."""

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
from app.notifications.service import tell
from app.posts.models import Post


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
