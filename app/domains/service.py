"""Writes of blocked domains."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.domains.models import DomainBlock
from app.domains.rules import parse_domain
from app.kit.errors import Invalid, field_error

MOST_DOMAINS = 1000


class TooManyDomains(Invalid):
    code = "too_many_domains"
    message = f"An account can block {MOST_DOMAINS} domains at most"


async def block(session: AsyncSession, *, account_id: int, domain: str, own: str) -> None:
    """Block a domain; fine when it is. `own` is the service's, which nobody can block.

    Raises Invalid for what is no domain or our own, TooManyDomains.
    """
    name = parse_domain(domain)
    if name.partition(":")[0] == own.partition(":")[0].lower():
        raise field_error("domain", "ERR_INVALID", "is this service's own")
    held = select(func.count()).select_from(DomainBlock).where(DomainBlock.account_id == account_id)
    if (await session.scalar(held) or 0) >= MOST_DOMAINS:
        raise TooManyDomains
    await session.execute(insert(DomainBlock).values(account_id=account_id, domain=name).on_conflict_do_nothing())


async def unblock(session: AsyncSession, *, account_id: int, domain: str) -> None:
    """Unblock a domain; fine when it is not blocked. Raises Invalid for what is none."""
    name = parse_domain(domain)
    await session.execute(delete(DomainBlock).where(DomainBlock.account_id == account_id, DomainBlock.domain == name))
