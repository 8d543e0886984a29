"""How organisations are verified: owners submit, reviewers decide, and what was decided is due again in six months."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Conflict, NotFound, field_error
from app.organizations.events import (
    OrganizationLapsed,
    OrganizationVerified,
    VerificationRejected,
    VerificationSubmitted,
)
from app.organizations.models import Organization, Verification
from app.organizations.rules import REMINDED_BEFORE, due_after, is_credit_code
from app.organizations.schemas import VerificationCreate
from app.organizations.telling import tell
from app.outbox.publish import enqueue, publish

REMIND, LAPSE = "organizations.remind", "organizations.lapse"
LONGEST_REASON = 500


class VerificationPending(Conflict):
    code = "verification_pending"
    message = "This organization waits to be verified already"


class CreditCodeTaken(Conflict):
    code = "credit_code_taken"
    message = "Another verified organization has this credit code"


async def submit(
    session: AsyncSession, *, organization: Organization, actor_id: int, request: VerificationCreate, now: datetime
) -> Verification:
    """Ask that an organisation, whose lock the caller holds, be verified. Raises Invalid, VerificationPending."""
    code = request.credit_code.strip().upper()
    if not is_credit_code(code):
        raise field_error("credit_code", "ERR_INVALID", "is no 统一社会信用代码 (GB 32100-2015)")
    if not request.evidence.strip():
        raise field_error("evidence", "ERR_BLANK", "can't be blank")
    latest = await find_latest(session, organization_id=organization.id)
    if latest is not None and latest.state == "pending":
        raise VerificationPending
    verification = Verification(
        organization_id=organization.id,
        state="pending",
        credit_code=code,
        license_no=request.license_no,
        domain=request.domain.lower() if request.domain else None,
        evidence=request.evidence.strip(),
        evidence_url=str(request.evidence_url) if request.evidence_url else None,
        submitted_by=actor_id,
        submitted_at=now,
    )
    session.add(verification)
    await session.flush()
    await publish(session, VerificationSubmitted(organization.id, verification.id), actor_id=actor_id)
    return verification


async def find_latest(session: AsyncSession, *, organization_id: int) -> Verification | None:
    """What was submitted last."""
    query = select(Verification).where(Verification.organization_id == organization_id)
    return (await session.scalars(query.order_by(Verification.id.desc()).limit(1))).first()


async def list_pending(session: AsyncSession, *, limit: int) -> list[tuple[Verification, Organization]]:
    """What waits for a reviewer, the oldest first."""
    query = select(Verification, Organization).join(Organization, Organization.id == Verification.organization_id)
    rows = await session.execute(query.where(Verification.state == "pending").order_by(Verification.id).limit(limit))
    return [(verification, organization) for verification, organization in rows]


async def verify(session: AsyncSession, *, organization_id: int, reviewer: str, reason: str, now: datetime) -> None:
    """Find for an organisation that asked. Raises NotFound, Invalid, CreditCodeTaken."""
    organization, verification = await _lock_pending(session, organization_id)
    same = select(Verification.id).where(
        Verification.credit_code == verification.credit_code,
        Verification.state == "verified",
        Verification.organization_id != organization_id,
    )
    if await session.scalar(same.limit(1)):
        raise CreditCodeTaken
    await _supersede(session, organization_id)
    _decide(verification, "verified", reviewer, reason, now)
    due = due_after(now)
    verification.verify_due_at = organization.verify_due_at = due
    organization.verified_at, organization.lapsed_at = now, None
    payload = [(f"{organization_id}:{verification.id}", {"organization_id": organization_id})]
    await enqueue(session, REMIND, payload, run_at=due - REMINDED_BEFORE)
    await enqueue(session, LAPSE, payload, run_at=due)
    await publish(session, OrganizationVerified(organization_id), actor_id=None)
    await tell(session, organization, actor_id=None)


async def reject(session: AsyncSession, *, organization_id: int, reviewer: str, reason: str, now: datetime) -> None:
    """Find against an organisation that asked; a verified one stays so until it is due. Raises NotFound, Invalid."""
    _, verification = await _lock_pending(session, organization_id)
    _decide(verification, "rejected", reviewer, reason, now)
    await session.flush()
    await publish(session, VerificationRejected(organization_id, verification.id), actor_id=None)


async def revoke(session: AsyncSession, *, organization_id: int, reviewer: str, reason: str, now: datetime) -> None:
    """End an organisation's verification before it is due. Raises NotFound, Invalid."""
    organization = await _lock(session, organization_id)
    if organization.verified_at is None:
        raise NotFound("This organization is not verified")
    said = _reason(reason)
    values = {"reviewer": reviewer, "reason": said, "decided_at": now}
    verified = (Verification.organization_id == organization_id) & (Verification.state == "verified")
    await session.execute(update(Verification).where(verified).values(**values))
    await lapse(session, organization=organization, now=now)


async def lapse_due(session: AsyncSession, *, organization_id: int, now: datetime) -> None:
    """End the verification of an organisation that is due, if it is."""
    organization = await _lock(session, organization_id)
    if organization.verified_at and organization.verify_due_at and organization.verify_due_at <= now:
        await lapse(session, organization=organization, now=now)


async def lapse(
    session: AsyncSession, *, organization: Organization, now: datetime, actor_id: int | None = None
) -> None:
    """Let an organisation, whose lock the caller holds, not be verified any more; its jobs' posts say so."""
    await _supersede(session, organization.id)
    organization.verified_at, organization.verify_due_at, organization.lapsed_at = None, None, now
    await publish(session, OrganizationLapsed(organization.id), actor_id=actor_id)
    await tell(session, organization, actor_id=actor_id)


async def _supersede(session: AsyncSession, organization_id: int) -> None:
    verified = (Verification.organization_id == organization_id) & (Verification.state == "verified")
    await session.execute(update(Verification).where(verified).values(state="lapsed"))


def _decide(verification: Verification, state: str, reviewer: str, reason: str, now: datetime) -> None:
    verification.reason = _reason(reason)
    verification.state, verification.reviewer, verification.decided_at = state, " ".join(reviewer.split()), now


def _reason(reason: str) -> str:
    said = " ".join(reason.split())
    if not said:
        raise field_error("reason", "ERR_BLANK", "can't be blank")
    if len(said) > LONGEST_REASON:
        raise field_error("reason", "ERR_TOO_LONG", f"is too long (maximum is {LONGEST_REASON} characters)")
    return said


async def _lock(session: AsyncSession, organization_id: int) -> Organization:
    organization = await session.get(Organization, organization_id, with_for_update=True, populate_existing=True)
    if organization is None:
        raise NotFound(f"There is no organization {organization_id}")
    return organization


async def _lock_pending(session: AsyncSession, organization_id: int) -> tuple[Organization, Verification]:
    organization = await _lock(session, organization_id)
    latest = await find_latest(session, organization_id=organization_id)
    if latest is None or latest.state != "pending":
        raise NotFound("This organization does not wait to be verified")
    return organization, latest
