"""Inbound sources, the receipts of what they sent, and what they last said about each job."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization

PUSHED = ("standard", "greenhouse", "ashby", "smartrecruiters")
POLLED = (
    *("lever", "workable", "greenhouse_board", "ashby_board", "smartrecruiters_board", "recruitee", "comeet"),
    *("xml", "json_ld"),
)


class InboundSource(Base):
    """A recruiter's system that may bring in jobs of one organisation.

    `secret` verifies what is pushed, `previous_secret` does so as well until its time. `mapping` translates the
    source's own words. A source that is polled has `url`, `interval_minutes` and what the last poll left; `held` tells
    why jobs that vanished were not closed. A deleted source is kept, for the receipts and jobs that came from it.
    """

    __tablename__ = "inbound_sources"
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in PUSHED + POLLED)})", name="kind"),
        Index("ix_inbound_sources_organization_id", "organization_id"),
        Index("ix_inbound_sources_next_poll_at", "next_poll_at", postgresql_where=text("next_poll_at IS NOT NULL")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_secret_until: Mapped[datetime | None]
    defaults: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    disabled_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    last_received_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    url: Mapped[str | None]
    api_key: Mapped[str | None]
    interval_minutes: Mapped[int | None]
    next_poll_at: Mapped[datetime | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    held: Mapped[dict[str, Any] | None]


class Receipt(Base):
    """What became of one message, or of one poll. A message's body is kept as it came, but for what is internal to its
    sender (`Source.trim`), and its id is applied once.

    `envelope` holds what applying needs of the message's head; `history` every status it had, `summary` what a poll
    found. Bodies are dropped after a time (`None`), receipts later.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("source_id", "message_id"),
        Index("ix_receipts_source_id", "source_id", "id"),
        Index("ix_receipts_bodies", "id", postgresql_where=text("body IS NOT NULL")),
        Index("ix_receipts_rejected", "source_id", "id", postgresql_where=text("status = 'rejected'")),
    )

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey(InboundSource.id))
    message_id: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=text("'rejected'"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id))
    error: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None]
    envelope: Mapped[dict[str, Any] | None]
    summary: Mapped[dict[str, Any] | None]
    history: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    created_at: Mapped[Created]


class KnownJob(Base):
    """What a source last said about one job of its own.

    `source_updated_at` is the source's time of it, `received_at` ours: what is older changes nothing any more.
    `group_id` is the source's id of what several of its posts belong to. `fingerprint` tells whether a polled job
    changed. `gone_at`: the source said that it is no more, or a complete feed left it out.
    """

    __tablename__ = "known_jobs"
    __table_args__ = (
        Index("ix_known_jobs_group_id", "source_id", "group_id", postgresql_where=text("group_id IS NOT NULL")),
    )

    source_id: Mapped[int] = mapped_column(ForeignKey(InboundSource.id), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id))
    group_id: Mapped[str | None]
    source_updated_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    fingerprint: Mapped[str | None]
    gone_at: Mapped[datetime | None]
