"""Reads of credit."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.accounts.queries import get_profile
from app.applications.models import Application
from app.credits.models import CreditPolicy, Referral, ReferralAward, ReferralCredit
from app.credits.rules import Step
from app.credits.schemas import Policy
from app.jobs.models import Job
from app.kit.errors import NotFound
from app.kit.pagination import Page, bounded, newest_first
from app.organizations.models import Seat
from app.posts.queries import load_paths

# Of one application; each but the last is reversed.
_AWARDS_SHOWN = 20
_LOST_QUOTES = ("revoked", "rejected")


@dataclass(frozen=True, slots=True)
class Way:
    """How an application came: the steps of its path, root first, and who cannot be credited for it."""

    job: Job
    steps: list[Step]
    barred: frozenset[int]


@dataclass(frozen=True, slots=True)
class Record:
    """What an account's word of mouth came to."""

    applications: int
    hires: int
    points: int
    points_pending: int


@dataclass(frozen=True, slots=True)
class OwnCredit:
    """A share with what its owner may know of the application."""

    credit: ReferralCredit
    policy: str
    job_id: int
    applicant_id: int | None


async def get_way(session: AsyncSession, *, application: Application) -> Way:
    """The path of an application, with the people it concerns as they are now. Four statements."""
    job = await session.get_one(Job, application.job_id)
    path = (await load_paths(session, post_ids=[application.via_post_id])).get(application.via_post_id, [])
    authors = {node.account_id for _, node in path if node}
    suspended = set(
        await session.scalars(select(Account.id).where(Account.id.in_(authors), Account.suspended_at.is_not(None)))
    )
    seats = await session.scalars(select(Seat.account_id).where(Seat.organization_id == job.organization_id))
    steps: list[Step] = []
    confidence = application.confidence
    for post, node in reversed(path):
        if node is not None:
            stands = post.deleted_at is None and node.account_id not in suspended
            stands = stands and post.quote_state not in _LOST_QUOTES
            steps.append(Step(post.id, node.account_id, stands, confidence))
            confidence *= node.confidence
    return Way(job, steps[::-1], frozenset({*seats, job.author_id, application.applicant_id}))


async def find_policy(session: AsyncSession, *, organization_id: int, job_id: int | None) -> CreditPolicy | None:
    """The policy set for a job, else for its organisation; None where neither says."""
    query = select(CreditPolicy).where(
        CreditPolicy.organization_id == organization_id,
        CreditPolicy.job_id.is_(None) | (CreditPolicy.job_id == job_id),
    )
    return (await session.scalars(query.order_by(CreditPolicy.job_id.nulls_last()).limit(1))).first()


async def get_policy(session: AsyncSession, *, job: Job, default: Policy) -> Policy:
    """The policy by which a job's hires are shared out; `default` is the service's."""
    found = await find_policy(session, organization_id=job.organization_id, job_id=job.id)
    return found.policy if found else default  # type: ignore[return-value]


async def find_standing_award(session: AsyncSession, *, application_id: int) -> ReferralAward | None:
    """The award of an application that counts. Whoever changes it holds the application."""
    query = select(ReferralAward).where(
        ReferralAward.application_id == application_id, ReferralAward.reversed_at.is_(None)
    )
    return (await session.scalars(query)).first()


async def list_awards(
    session: AsyncSession, *, application_id: int
) -> list[tuple[ReferralAward, list[ReferralCredit]]]:
    """How an application's hire was shared out, the newest first (20 at most), each with its shares."""
    query = select(ReferralAward).where(ReferralAward.application_id == application_id)
    awards = (await session.scalars(query.order_by(ReferralAward.generation.desc()).limit(_AWARDS_SHOWN))).all()
    credits = await list_credits(session, award_ids=[award.id for award in awards])
    return [(award, [credit for credit in credits if credit.award_id == award.id]) for award in awards]


async def list_credits(session: AsyncSession, *, award_ids: Sequence[int]) -> Sequence[ReferralCredit]:
    """The shares of awards (at most eight each), the nearest to the applicant first."""
    if not award_ids:
        return []
    query = select(ReferralCredit).where(ReferralCredit.award_id.in_(award_ids))
    return (await session.scalars(query.order_by(ReferralCredit.award_id, ReferralCredit.hop))).all()


async def page_own_credits(session: AsyncSession, *, account_id: int, page: Page) -> list[OwnCredit]:
    """An account's shares, newest first. Who applied is told only where they agreed to it."""
    query = (
        select(ReferralCredit, ReferralAward.policy, Application)
        .join(ReferralAward, ReferralAward.id == ReferralCredit.award_id)
        .join(Application, Application.id == ReferralAward.application_id)
        .where(ReferralCredit.account_id == account_id)
    )
    rows = newest_first((await session.execute(bounded(query, ReferralCredit.id, page))).all(), page)
    return [
        OwnCredit(credit, policy, application.job_id, application.applicant_id if application.consent_at else None)
        for credit, policy, application in rows
    ]


async def get_record(session: AsyncSession, *, account_id: int, viewer_id: int | None) -> tuple[Record, bool]:
    """What an account's word of mouth came to, and whether others may see it; raises NotFound for who may not."""
    account = (await get_profile(session, id=account_id)).account
    if not account.show_referrals and viewer_id != account_id:
        raise NotFound
    came = (
        select(func.count())
        .select_from(Referral)
        .join(Application, Application.id == Referral.application_id)
        .where(Referral.account_id == account_id, Application.stage != "withdrawn")
        .scalar_subquery()
    )
    given = func.sum(ReferralCredit.basis_points)
    pending = ReferralCredit.state == "pending"
    row = (
        await session.execute(
            select(came, func.count(), given.filter(~pending), given.filter(pending)).where(
                ReferralCredit.account_id == account_id, ReferralCredit.state != "reversed"
            )
        )
    ).one()
    return Record(int(row[0]), int(row[1]), int(row[2] or 0), int(row[3] or 0)), account.show_referrals
