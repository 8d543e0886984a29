"""Who is told of applications, and of what becomes of them. Handlers may run twice, late, out of order: rows decide."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Select, select
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


@dataclass(frozen=True, slots=True)
class Case:
    """An application with the job it is to, and the job's post, which is there."""

    application: Application
    job: Job
    post: Post


async def tell_of_application(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell a job's author who applied ("application_id"), while they may edit it; no more of one that was withdrawn.

    A step ("change_id") that is no withdrawal is no news: what the author forgot meanwhile stays forgotten.
    """
    cases = await _load_cases(session, [payload["application_id"] for payload in payloads])
    for payload in payloads:
        case = cases.get(payload["application_id"])
        if case is None:
            continue
        application, job, post = case.application, case.job, case.post
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
    ids = [payload["change_id"] for payload in payloads]
    query = select(ApplicationChange).where(ApplicationChange.id.in_(ids)).order_by(ApplicationChange.id)
    changes = (await session.scalars(query)).all()
    cases = await _load_cases(session, [change.application_id for change in changes])
    for change in changes:
        case = cases.get(change.application_id)
        if case is None or change.actor_id == case.application.applicant_id:
            continue
        about = {"application_id": change.application_id, "stage": change.stage, "reason": change.reason}
        await tell(
            session,
            kind="application",
            from_id=case.job.author_id,
            recipients=[case.application.applicant_id],
            post=case.post,
            at=change.created_at,
            now=now(),
            about={case.application.applicant_id: orjson.dumps(about).decode()},
        )


async def tell_of_referral(session: AsyncSession, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Tell each who has a share of an award ("award_id") that it was given, or, when it stands no more, taken back.

    Who was hired is told only where they agreed to it. A new award of the same hire tells anew.
    """
    named = ReferralAward.id.in_([payload["award_id"] for payload in payloads])
    # Whoever changes awards holds their applications: read once these are held.
    cases = await _load_cases(session, select(ReferralAward.application_id).where(named))
    awards = await session.scalars(select(ReferralAward).where(named).order_by(ReferralAward.id))
    for award in awards.all():
        case = cases.get(award.application_id)
        if case is None:
            continue
        about = await _shares(session, award, case)
        await tell(
            session,
            kind="referral",
            from_id=case.job.author_id,
            recipients=about,
            post=case.post,
            at=award.reversed_at or award.created_at,
            now=now(),
            about={account_id: orjson.dumps(told).decode() for account_id, told in about.items()},
        )


async def _load_cases(session: AsyncSession, ids: Collection[int] | Select[int]) -> dict[int, Case]:
    """Applications by id whose job has a post still, held as they are until the transaction ends. One statement."""
    query = (
        select(Application, Job, Post)
        .join(Job, Job.id == Application.job_id)
        .join(Post, Post.id == Job.post_id)
        .where(Application.id.in_(ids), Post.deleted_at.is_(None))
        .order_by(Application.id)
        .with_for_update(read=True, of=(Application, Post))
    )
    return {row[0].id: Case(*row) for row in await session.execute(query)}


async def _shares(session: AsyncSession, award: ReferralAward, case: Case) -> dict[int, dict[str, Any]]:
    """What each is told who has a share of an award. Who has one of the award in its place is told of that."""
    standing = await find_standing_award(session, application_id=award.application_id) if award.reversed_at else None
    credits = await list_credits(session, award_ids=[one.id for one in (award, standing) if one])
    kept = {credit.account_id for credit in credits if credit.award_id != award.id}
    return {
        credit.account_id: {
            "state": "reversed" if award.reversed_at else "credited",
            "job_id": case.job.id,
            "basis_points": credit.basis_points,
            "applicant_id": case.application.applicant_id if case.application.consent_at else None,
        }
        for credit in credits
        if credit.award_id == award.id and credit.account_id not in kept
    }


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
