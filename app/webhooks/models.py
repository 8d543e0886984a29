"""Webhooks, the messages they are told, and how each delivery fares."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization


class Webhook(Base):
    """Where an organisation's system listens. `event_types` None: everything. `rate`: messages per second at most.

    `previous_secret` signs beside `secret` until its time is over. Below are what couriers keep: `due_at`, not later
    than its first waiting delivery; `rests_until`, before which nothing is sent; the lease under which one of them
    delivers; how often in a row its receiver failed as a whole, and since when nothing succeeded.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("disabled_reason IN ('manual', 'gone', 'failing')", name="disabled_reason"),
        CheckConstraint("(disabled_at IS NULL) = (disabled_reason IS NULL)", name="disabled"),
        CheckConstraint("rate BETWEEN 1 AND 100", name="rate"),
        Index("ix_webhooks_organization_id", "organization_id", "id"),
        Index("ix_webhooks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL AND disabled_at IS NULL")),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    created_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    url: Mapped[str]
    description: Mapped[str] = mapped_column(server_default=text("''"))
    event_types: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    rate: Mapped[int] = mapped_column(server_default=text("10"))
    cloudevents: Mapped[bool] = mapped_column(server_default=text("false"))
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_secret_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]

    due_at: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    lease: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]


class WebhookMessage(Base):
    """A fact as it is told, byte for byte the same to every webhook and in every attempt."""

    __tablename__ = "webhook_messages"
    __table_args__ = (
        Index("ix_webhook_messages_organization_id", "organization_id", "created_at"),
        Index("ix_webhook_messages_created_at", "created_at"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    event_type: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[Created]


class WebhookDelivery(Base):
    """One message to one webhook. `tries` counts attempts of the schedule it is on, `attempts` all there were."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'succeeded', 'exhausted', 'cancelled')", name="state"),
        UniqueConstraint("message_id", "webhook_id"),
        Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_deliveries_due", "webhook_id", "due_at", "id", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey(WebhookMessage.id, ondelete="CASCADE"))
    webhook_id: Mapped[int] = mapped_column(ForeignKey(Webhook.id, ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[Created]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[Created]
    finished_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One HTTP try: the status that came, or the error; with the start of what was answered."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery_id", "delivery_id", "id"),)

    id: Mapped[Id]
    delivery_id: Mapped[int] = mapped_column(ForeignKey(WebhookDelivery.id, ondelete="CASCADE"))
    number: Mapped[int]
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    error: Mapped[str | None]
    excerpt: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Created]
