"""The outbox's tables: events to expand, tasks to run, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created


class OutboxEvent(Base):
    """A fact that was committed and has not been expanded into tasks yet."""

    __tablename__ = "outbox_events"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    topic: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]
    created_at: Mapped[Created]


class Task(Base):
    """One handler's work on one event. A task that is done has no row."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'leased', 'dead')", name="state"),
        Index("ix_tasks_due", "run_at", "id", postgresql_where=text("state <> 'dead'")),
        Index("ix_tasks_lease", "lease", postgresql_where=text("state = 'leased'")),
        # Waiting tasks of one handler with one key coalesce: handlers re-read state, so one run serves all.
        Index("uq_tasks_waiting_key", "handler", "key", unique=True, postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    handler: Mapped[str]
    key: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    starts: Mapped[int] = mapped_column(server_default=text("0"))
    # When to run next: for a leased task, when its lease ends and another worker may take it.
    run_at: Mapped[Created]
    lease: Mapped[str | None]
    error: Mapped[str | None]
    created_at: Mapped[Created]
    died_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did what to what, and by which request. Only ever inserted."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_object", "object_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Created]
    actor_id: Mapped[int | None]
    action: Mapped[str]
    object_id: Mapped[int | None]
    request_id: Mapped[str | None]
