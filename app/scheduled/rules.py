"""When a post may be published later."""

from datetime import UTC, datetime, timedelta

from app.kit.errors import Detail, Invalid, field_error

SOONEST = timedelta(minutes=5)
LATEST = timedelta(days=3660)
MOST = 300
MOST_A_DAY = 25


class UnreadableMoment(Invalid):
    """Not a moment at all. The message is Mastodon's, and apps show it."""

    code = "validation_failed"
    message = "Record invalid"


def parse_moment(text: str, *, now: datetime) -> datetime:
    """The moment that `text` (ISO 8601, with any offset; UTC without one) tells, in UTC.

    Raises UnreadableMoment, and Invalid unless it is at least five minutes ahead.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        details = [Detail(error="ERR_INVALID", description="is not a date and time")]
        raise UnreadableMoment(details={"scheduled_at": details}) from None
    if moment <= now + SOONEST:
        raise field_error("scheduled_at", "ERR_INVALID", "The scheduled date must be in the future")
    if moment > now + LATEST:
        raise field_error("scheduled_at", "ERR_INVALID", "is too far into the future")
    return moment
