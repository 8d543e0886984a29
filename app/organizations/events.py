"""What happens to organisations."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class OrganizationCreated(Event):
    topic: ClassVar[str] = "organization.created"
    organization_id: int
