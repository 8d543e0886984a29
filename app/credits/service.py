"""Writes of credit. Whoever shares out or reverses holds the application's row: one at a time for each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.applications.models import Application
from app.applications.queries import get_application_for_moving, lock_application
from app.credits.events import ReferralCredited, ReferralReversed
from app.credits.models import CreditPolicy, Referral, ReferralAward, ReferralCredit
from app.credits.queries import find_standing_award, get_policy, get_way, list_credits
from app.credits.rules import Share, introducers, share_out
from app.credits.schemas import Policy
from app.jobs.queries import get_job_for_editing
from app.kit.db import count_changed
from app.kit.errors import Conflict
from app.organizations.queries import require_seat
from app.outbox.publish import publish

_CONFIRMED_AT_ONCE = 1000


class NotHired(Conflict):
    code = "not_hired"
    message = "Only a hire is shared out"


async def note_introducers(session: AsyncSession, *, application_id: int) -> None:
    """Keep who passed a job on to who applied. Fine when that is kept already."""
    application = await lock_application(session, id=application_id)
    way = await get_way(session, application=application)
    rows = [
        {"application_id": application_id, "account_id": step.account_id, "post_id": step.post_id, "hop": hop}
        for hop, step in enumerate(introducers(way.steps, barred=way.barred), start=1)
    ]
    if rows:
        await session.execute(insert(Referral).values(rows).on_conflict_do_nothing())


async def settle(session: AsyncSession, *, application_id: int, default: Policy, now: datetime) -> None:
    """Let credit be as an application's stage says: shared out once for a hire, reversed for one that is none."""
    application = await lock_application(session, id=application_id)
    standing = await find_standing_award(session, application_id=application_id)
    if application.stage == "hired" and standing is None:
        way = await get_way(session, application=application)
        policy = await get_policy(session, job=way.job, default=default)
        await _award(session, application, policy, share_out(policy, way.steps, barred=way.barred), None, now)
    elif application.stage != "hired" and standing is not None:
        await _reverse(session, standing, None, now)


async def recompute(
    session: AsyncSession, *, application_id: int, actor_id: int, policy: Policy | None, default: Policy, now: datetime
) -> None:
    """Share a hire out anew by `policy` (None: the job's), with the people and posts of now; the old award is reversed.

    Where that comes to what stands already, nothing changes and nobody is told. Raises NotFound, NotSeatMember,
    NotHired.
    """
    application = await get_application_for_moving(session, id=application_id, account_id=actor_id)
    if application.stage != "hired":
        raise NotHired
    way = await get_way(session, application=application)
    chosen = policy or await get_policy(session, job=way.job, default=default)
    shares = share_out(chosen, way.steps, barred=way.barred)
    standing = await find_standing_award(session, application_id=application_id)
    if standing is not None:
        if standing.policy == chosen and await _same(session, standing, shares):
            return
        await _reverse(session, standing, actor_id, now)
    await _award(session, application, chosen, shares, actor_id, now)


async def set_organization_policy(
    session: AsyncSession, *, organization_id: int, actor_id: int, policy: Policy | None, now: datetime
) -> None:
    """Choose how an organisation's coming hires are shared out; None: as the service does. For its owners.

    Raises NotFound, NotSeatMember.
    """
    await require_seat(session, organization_id=organization_id, account_id=actor_id, roles=("owner",))
    await _set_policy(session, organization_id, None, policy, now)


async def set_job_policy(
    session: AsyncSession, *, job_id: int, actor_id: int, policy: Policy | None, now: datetime
) -> None:
    """Choose how a job's coming hires are shared out; None: as its organisation does.

    Raises NotFound, NotSeatMember.
    """
    job = await get_job_for_editing(session, id=job_id, account_id=actor_id)
    await _set_policy(session, job.organization_id, job.id, policy, now)


async def confirm_due(session: AsyncSession, *, guarantee_days: int, now: datetime) -> int:
    """Confirm shares of hires that have lasted; how many, a bounded number at a time."""
    due = (
        select(ReferralCredit.id)
        .join(ReferralAward, ReferralAward.id == ReferralCredit.award_id)
        .where(ReferralCredit.state == "pending", ReferralAward.hired_at <= now - timedelta(days=guarantee_days))
        .limit(_CONFIRMED_AT_ONCE)
    )
    # Again, for one that is reversed while this waits for its row.
    still = update(ReferralCredit).where(ReferralCredit.id.in_(due), ReferralCredit.state == "pending")
    return await count_changed(session, still.values(state="confirmed", decided_at=now))


async def _award(
    session: AsyncSession,
    application: Application,
    policy: Policy,
    shares: Sequence[Share],
    actor_id: int | None,
    now: datetime,
) -> None:
    last = select(func.max(ReferralAward.generation)).where(ReferralAward.application_id == application.id)
    award = ReferralAward(
        application_id=application.id,
        generation=(await session.scalar(last) or 0) + 1,
        policy=policy,
        actor_id=actor_id,
        hired_at=application.moved_at,
        created_at=now,
    )
    session.add(award)
    await session.flush()
    session.add_all(
        ReferralCredit(
            award_id=award.id,
            account_id=share.account_id,
            post_id=share.post_id,
            hop=share.hop,
            basis_points=share.basis_points,
            confidence=share.confidence,
        )
        for share in shares
    )
    await session.flush()
    if shares:
        await publish(session, ReferralCredited(application.id, award.id), actor_id=actor_id)


async def _reverse(session: AsyncSession, award: ReferralAward, actor_id: int | None, now: datetime) -> None:
    award.reversed_at = now
    reversed_ids = await session.scalars(
        update(ReferralCredit)
        .where(ReferralCredit.award_id == award.id, ReferralCredit.state != "reversed")
        .values(state="reversed", decided_at=now)
        .returning(ReferralCredit.id)
        .execution_options(synchronize_session=False)
    )
    taken = list(reversed_ids)
    # The next award may stand only when this one is known not to.
    await session.flush()
    if taken:
        await publish(session, ReferralReversed(award.application_id, award.id), actor_id=actor_id)


async def _same(session: AsyncSession, award: ReferralAward, shares: Sequence[Share]) -> bool:
    given = await list_credits(session, award_ids=[award.id])
    return [(credit.account_id, credit.post_id, credit.basis_points) for credit in given] == [
        (share.account_id, share.post_id, share.basis_points) for share in shares
    ]


async def _set_policy(
    session: AsyncSession, organization_id: int, job_id: int | None, policy: Policy | None, now: datetime
) -> None:
    if policy is None:
        mine = (CreditPolicy.organization_id == organization_id) & CreditPolicy.job_id.is_not_distinct_from(job_id)
        await session.execute(delete(CreditPolicy).where(mine))
        return
    made = insert(CreditPolicy).values(organization_id=organization_id, job_id=job_id, policy=policy, updated_at=now)
    await session.execute(
        made.on_conflict_do_update(constraint="uq_credit_policies_of", set_={"policy": policy, "updated_at": now})
    )
