"""What happens to inbound sources."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class InboundSourceCreated(Event):
    topic: ClassVar[str] = "source.created"
    source_id: int


@dataclass(frozen=True, slots=True)
class InboundSourceHeld(Event):
    """A polled feed lost so many jobs at once that a person must look before they are closed."""

    topic: ClassVar[str] = "source.held"
    source_id: int
