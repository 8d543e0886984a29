"""Reads of blocked domains."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.domains.models import DomainBlock
from app.kit.pagination import Page


async def page_domain_blocks(session: AsyncSession, *, account_id: int, page: Page) -> list[DomainBlock]:
    """An account's blocked domains, the last one first."""
    query = select(DomainBlock).where(DomainBlock.account_id == account_id, DomainBlock.id > page.floor)
    if page.max_id is not None:
        query = query.where(DomainBlock.id < page.max_id)
    order = DomainBlock.id if page.ascending else DomainBlock.id.desc()
    blocks = list(await session.scalars(query.order_by(order).limit(page.limit)))
    return blocks[::-1] if page.ascending else blocks
