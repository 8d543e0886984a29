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
    if source is None or source.kind != kind or source.deleted_at is not None:
        raise NotFound
    return source


async def get_source_for_editing(
    session: AsyncSession, *, id: int, account_id: int, lock: bool = False
) -> InboundSource:
    """A source of an organisation in which the account may edit, locked for a change if asked; else NotFound."""
    query = (
        select(InboundSource)
        .join(Seat, Seat.organization_id == InboundSource.organization_id)
        .where(
            InboundSource.id == id,
            InboundSource.deleted_at.is_(None),
            Seat.account_id == account_id,
            Seat.role.in_(EDITORS),
        )
    )
    source = (await session.scalars(query.with_for_update(of=InboundSource) if lock else query)).first()
    if source is None:
        raise NotFound
    return source


async def get_receipt(session: AsyncSession, *, id: int, source_id: int, lock: bool = False) -> Receipt:
    """A receipt of a source, locked for a change if asked; else NotFound."""
    receipt = await session.get(Receipt, id, with_for_update=lock or None)
    if receipt is None or receipt.source_id != source_id:
        raise NotFound
    return receipt


async def list_sources(session: AsyncSession, *, account_id: int, limit: int) -> Sequence[InboundSource]:
    """Sources of the organisations in which the account may edit, newest first."""
    query = (
        select(InboundSource)
        .join(Seat, Seat.organization_id == InboundSource.organization_id)
        .where(InboundSource.deleted_at.is_(None), Seat.account_id == account_id, Seat.role.in_(EDITORS))
        .order_by(InboundSource.id.desc())
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def page_receipts(
    session: AsyncSession, *, source_id: int, page: Page, status: str | None, job_id: int | None
) -> Sequence[Receipt]:
    """Receipts of a source, newest first; of one status, or about one job, if asked."""
    query = select(Receipt).where(Receipt.source_id == source_id, Receipt.id > page.floor)
    if status is not None:
        query = query.where(Receipt.status == status)
    if job_id is not None:
        query = query.where(Receipt.job_id == job_id)
    if page.max_id is not None:
        query = query.where(Receipt.id < page.max_id)
    order = Receipt.id.asc() if page.ascending else Receipt.id.desc()
    found = (await session.scalars(query.order_by(order).limit(page.limit))).all()
    return found[::-1] if page.ascending else found
