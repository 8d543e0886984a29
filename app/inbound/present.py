"""Inbound sources and receipts as their organisation sees them."""

from app.inbound.models import POLLED, InboundSource, Receipt
from app.inbound.schemas import HeldOut, InboundSourceOut, KeptReceiptOut, PollingOut, ReceiptOut, WholeReceiptOut
from app.kit.site import Site

# Bodies below this path are signed: they are read as bytes, never decoded on the way.
RAW_BODIES = "/api/weizhi/v1/inbound/"
_EXCERPT = 2000


def source(source: InboundSource, site: Site) -> InboundSourceOut:
    """A source, without its secrets."""
    polled = source.kind in POLLED
    return InboundSourceOut(
        id=source.id,
        kind=source.kind,
        organization_id=source.organization_id,
        url=(source.url or "") if polled else f"{site.url}{RAW_BODIES}{source.kind}/{source.id}",
        defaults=source.defaults,
        mapping=source.mapping,
        enabled=source.disabled_at is None,
        has_api_key=source.api_key is not None,
        previous_secret_until=source.previous_secret_until,
        created_at=source.created_at,
        last_received_at=source.last_received_at,
        last_error=source.last_error,
        polling=_polling(source) if polled else None,
    )


def _polling(source: InboundSource) -> PollingOut:
    held = HeldOut(reason=source.held["reason"], since=source.held["since"]) if source.held else None
    return PollingOut(
        interval_minutes=source.interval_minutes or 60,
        next_poll_at=source.next_poll_at if source.disabled_at is None else None,
        failures=source.failures,
        held=held,
    )


def receipt(receipt: Receipt) -> ReceiptOut:
    """A receipt as its sender sees it."""
    return ReceiptOut(receipt_id=receipt.id, job_id=receipt.job_id, status=receipt.status, **(receipt.error or {}))


def kept_receipt(receipt: Receipt) -> KeptReceiptOut:
    """A receipt with the beginning of its message."""
    body = None if receipt.body is None else receipt.body.decode("utf-8", "replace")[:_EXCERPT]
    return KeptReceiptOut(**_kept(receipt), body=body)


def whole_receipt(receipt: Receipt) -> WholeReceiptOut:
    """A receipt with its whole message and its history."""
    body = None if receipt.body is None else receipt.body.decode("utf-8", "replace")
    return WholeReceiptOut(**_kept(receipt), body=body, history=receipt.history, summary=receipt.summary)


def _kept(receipt: Receipt) -> dict[str, object]:
    told = ReceiptOut(receipt_id=receipt.id, job_id=receipt.job_id, status=receipt.status, **(receipt.error or {}))
    return {**told.model_dump(), "message_id": receipt.message_id, "received_at": receipt.created_at}
