"""What follows from seats and verification: letters, and the end of what was verified. Rows as they are now decide."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Account
from app.kit.clock import now
from app.kit.site import Site
from app.mail.mailer import Mailer
from app.organizations import letters
from app.organizations.models import Organization, SeatInvitation
from app.organizations.queries import list_owners
from app.organizations.review import find_latest, lapse_due
from app.organizations.rules import REMINDED_BEFORE

Payloads = Sequence[Mapping[str, Any]]


async def lapse(session: AsyncSession, payloads: Payloads) -> None:
    """End the verification of each payload's organisation ("organization_id"), if it is due."""
    for payload in payloads:
        await lapse_due(session, organization_id=payload["organization_id"], now=now())


async def tell_owners(
    session: AsyncSession, mailer: Mailer, site: Site, payloads: Payloads, *, letter: letters.Letter
) -> None:
    """Write to the owners of each payload's organisation, if what the letter says is so."""
    for payload in payloads:
        organization = await session.get(Organization, payload["organization_id"])
        if organization is None or not await _is_so(session, organization, letter):
            continue
        latest = await find_latest(session, organization_id=organization.id)
        words = {
            "name": organization.name,
            "title": site.title,
            "reason": (latest.reason if latest else None) or "",
            "due": organization.verify_due_at.date().isoformat() if organization.verify_due_at else "",
        }
        for owner in await list_owners(session, organization_id=organization.id):
            if owner.email:
                key = f"{letter.name}:{organization.id}:{latest.id if latest else 0}:{owner.id}"
                await mailer.send(letter.written(words, key=key, to=owner.email))


async def tell_invited(session: AsyncSession, mailer: Mailer, site: Site, payloads: Payloads) -> None:
    """Write to each payload's account ("account_id") that it is offered a seat, if it still is."""
    for payload in payloads:
        query = (
            select(SeatInvitation, Organization, Account)
            .join(Organization, Organization.id == SeatInvitation.organization_id)
            .join(Account, Account.id == SeatInvitation.account_id)
            .where(
                SeatInvitation.organization_id == payload["organization_id"],
                SeatInvitation.account_id == payload["account_id"],
                Account.suspended_at.is_(None),
            )
        )
        row = (await session.execute(query)).first()
        if row is None or row.Account.email is None:
            continue
        words = {"name": row.Organization.name, "title": site.title, "role": letters.ROLES[row.SeatInvitation.role]}
        letter = letters.INVITED
        key = f"{letter.name}:{row.SeatInvitation.id}"
        await mailer.send(letter.written(words, key=key, to=row.Account.email))


async def _is_so(session: AsyncSession, organization: Organization, letter: letters.Letter) -> bool:
    if letter is letters.LAPSED:
        return organization.verified_at is None and organization.lapsed_at is not None
    if letter is letters.REJECTED:
        latest = await find_latest(session, organization_id=organization.id)
        return latest is not None and latest.state == "rejected"
    due = organization.verify_due_at
    if organization.verified_at is None or due is None:
        return False
    return letter is letters.VERIFIED or due - REMINDED_BEFORE <= now()
