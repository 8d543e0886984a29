"""What happens to inbound sources."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class InboundSourceCreated(Event):
    topic: ClassVar[str] = "source.created"
    source_id: int
