"""Inbound sources and the receipts of what they sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization


class InboundSource(Base):
    """A recruiter's system that may push jobs of one organisation. The secret verifies what it sends."""

    __tablename__ = "inbound_sources"
    __table_args__ = (
        CheckConstraint("kind IN ('standard', 'greenhouse')", name="kind"),
        Index("ix_inbound_sources_organization_id", "organization_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    secret: Mapped[str]
    defaults: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    created_at: Mapped[Created]
    last_received_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class Receipt(Base):
    """What became of one message. Its body is kept byte for byte; a message id is applied once."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("source_id", "message_id"), Index("ix_receipts_source_id", "source_id", "id"))

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey(InboundSource.id))
    message_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'rejected'"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id))
    error: Mapped[dict[str, Any] | None]
    body: Mapped[bytes]
    created_at: Mapped[Created]
