"""What happens to credit."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ReferralCredited(Event):
    """A hire was shared out among those who passed the job on: there is one at least."""

    topic: ClassVar[str] = "referral.credited"
    application_id: int
    award_id: int


@dataclass(frozen=True, slots=True)
class ReferralReversed(Event):
    """What had been shared out does not count any more."""

    topic: ClassVar[str] = "referral.reversed"
    application_id: int
    award_id: int
