"""What happens to organisations."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class OrganizationCreated(Event):
    topic: ClassVar[str] = "organization.created"
    organization_id: int


@dataclass(frozen=True, slots=True)
class OrganizationUpdated(Event):
    """What an organisation is called, or the label beside its name, or what it says of itself is different."""

    topic: ClassVar[str] = "organization.updated"
    organization_id: int


@dataclass(frozen=True, slots=True)
class SeatOffered(Event):
    """An owner invited an account to a seat."""

    topic: ClassVar[str] = "seat.offered"
    organization_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class SeatDeclined(Event):
    """An invitation was declined, or taken back."""

    topic: ClassVar[str] = "seat.declined"
    organization_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class SeatCreated(Event):
    """An account took the seat it was offered."""

    topic: ClassVar[str] = "seat.created"
    organization_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class SeatChanged(Event):
    """A seat has another role."""

    topic: ClassVar[str] = "seat.changed"
    organization_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class SeatRemoved(Event):
    """An account left its seat, or lost it."""

    topic: ClassVar[str] = "seat.removed"
    organization_id: int
    account_id: int


@dataclass(frozen=True, slots=True)
class VerificationSubmitted(Event):
    """An owner asks that the organisation be verified."""

    topic: ClassVar[str] = "verification.submitted"
    organization_id: int
    verification_id: int


@dataclass(frozen=True, slots=True)
class VerificationRejected(Event):
    """A reviewer was not convinced."""

    topic: ClassVar[str] = "verification.rejected"
    organization_id: int
    verification_id: int


@dataclass(frozen=True, slots=True)
class OrganizationVerified(Event):
    """A reviewer found the organisation to be what it says."""

    topic: ClassVar[str] = "organization.verified"
    organization_id: int


@dataclass(frozen=True, slots=True)
class OrganizationLapsed(Event):
    """What was verified is too long ago, or not so any more."""

    topic: ClassVar[str] = "organization.lapsed"
    organization_id: int
