"""Reads of inbound sources and receipts, among them the gate `get_source_for_editing`."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.inbound.models import InboundSource, Receipt
from app.kit.errors import NotFound
from app.kit.pagination import Page
from app.organizations.models import Seat
from app.organizations.queries import EDITORS


async def get_source(session: AsyncSession, *, id: int, kind: str) -> InboundSource:
    """A source by the id and kind in its URL; raises NotFound."""
    source = await session.get(InboundSource, id)
    if source is None or source.kind != kind:
        raise NotFound
    return source


async def get_source_for_editing(session: AsyncSession, *, id: int, account_id: int) -> InboundSource:
    """A source of an organisation in which the account may edit; else NotFound."""
    query = (
        select(InboundSource)
        .join(Seat, Seat.organization_id == InboundSource.organization_id)
        .where(InboundSource.id == id, Seat.account_id == account_id, Seat.role.in_(EDITORS))
    )
    source = (await session.scalars(query)).first()
    if source is None:
        raise NotFound
    return source


async def list_sources(session: AsyncSession, *, account_id: int, limit: int) -> Sequence[InboundSource]:
    """Sources of the organisations in which the account may edit, newest first."""
    query = (
        select(InboundSource)
        .join(Seat, Seat.organization_id == InboundSource.organization_id)
        .where(Seat.account_id == account_id, Seat.role.in_(EDITORS))
        .order_by(InboundSource.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def page_receipts(session: AsyncSession, *, source_id: int, page: Page) -> Sequence[Receipt]:
    """Receipts of a source, newest first."""
    query = select(Receipt).where(Receipt.source_id == source_id, Receipt.id > page.floor)
    if page.max_id is not None:
        query = query.where(Receipt.id < page.max_id)
    order = Receipt.id.asc() if page.ascending else Receipt.id.desc()
    found = (await session.scalars(query.order_by(order).limit(page.limit))).all()
    return found[::-1] if page.ascending else found
