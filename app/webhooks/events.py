"""What happens to webhooks."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class WebhookCreated(Event):
    topic: ClassVar[str] = "webhook.created"
    webhook_id: int


@dataclass(frozen=True, slots=True)
class WebhookChanged(Event):
    """It was told otherwise by somebody, or has a new secret."""

    topic: ClassVar[str] = "webhook.changed"
    webhook_id: int


@dataclass(frozen=True, slots=True)
class WebhookDisabled(Event):
    """It was turned off because its receiver is gone, or failed for days."""

    topic: ClassVar[str] = "webhook.disabled"
    webhook_id: int


@dataclass(frozen=True, slots=True)
class WebhookDeleted(Event):
    topic: ClassVar[str] = "webhook.deleted"
    webhook_id: int
