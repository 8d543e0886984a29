"""What becomes of introductions."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class IntroductionRequested(Event):
    topic: ClassVar[str] = "introduction.requested"
    introduction_id: int


@dataclass(frozen=True, slots=True)
class IntroductionForwarded(Event):
    """It went on, to the next introducer or to whom it is for."""

    topic: ClassVar[str] = "introduction.forwarded"
    introduction_id: int


@dataclass(frozen=True, slots=True)
class IntroductionAccepted(Event):
    topic: ClassVar[str] = "introduction.accepted"
    introduction_id: int


@dataclass(frozen=True, slots=True)
class IntroductionDeclined(Event):
    """By whom it lay with: an introducer, or whom it was for."""

    topic: ClassVar[str] = "introduction.declined"
    introduction_id: int


@dataclass(frozen=True, slots=True)
class IntroductionWithdrawn(Event):
    topic: ClassVar[str] = "introduction.withdrawn"
    introduction_id: int


@dataclass(frozen=True, slots=True)
class IntroductionExpired(Event):
    """Nobody answered in time, or it could not go on: somebody was blocked or suspended."""

    topic: ClassVar[str] = "introduction.expired"
    introduction_id: int
