"""Time-ordered 64-bit ids, as made by weizhi_id() in PostgreSQL (migration 0001)."""

from datetime import UTC, datetime, timedelta

LARGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(moment: datetime, number: int = 0) -> int:
    """The id of something made at `moment` (aware); `number` 0..65535 tells ids of one millisecond apart."""
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return milliseconds << 16 | number & 0xFFFF


def moment_of(id: int) -> datetime:
    """When `id` was made, in UTC, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=id >> 16)
