"""What happens to applications."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ApplicationCreated(Event):
    topic: ClassVar[str] = "application.created"
    application_id: int
