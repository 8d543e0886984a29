"""Days as they are counted: in China, whatever the server's clock says."""

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

CHINA = timezone(timedelta(hours=8))
# Exposures are kept one by one for so many days, the present one among them.
KEPT_DAYS = 30


def day_of(moment: datetime) -> date:
    """The day in China."""
    return moment.astimezone(CHINA).date()


def kept_days(today: date) -> list[date]:
    """Every day of which exposures may still be there one by one; while no worker counts them, for longer."""
    return [today - timedelta(days=back) for back in range(-1, 2 * KEPT_DAYS)]


@lru_cache(maxsize=8)
def end_of(day: date) -> datetime:
    """The moment at which the next day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=CHINA).astimezone(UTC) + timedelta(days=1)
