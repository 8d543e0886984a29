"""Introductions, the people they go through, and who may be asked."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization

_OPEN = text("state IN ('requested', 'forwarded')")


class IntroductionPreference(Base):
    """Whom an account introduces to others (`may_ask`), and whether people are introduced to it (`may_reach`).

    No row: everyone.
    """

    __tablename__ = "introduction_preferences"
    __table_args__ = (
        CheckConstraint("may_ask IN ('everyone', 'followed', 'nobody')", name="may_ask"),
        CheckConstraint("may_reach IN ('everyone', 'nobody')", name="may_reach"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    may_ask: Mapped[str] = mapped_column(server_default=text("'everyone'"))
    may_reach: Mapped[str] = mapped_column(server_default=text("'everyone'"))


class Introduction(Base):
    """`from_id` asks to be introduced to `to_id`, one introducer after the other.

    It lies with the introducer at `place` while `requested`, with `to_id` (since `reached_at`) while `forwarded`.
    `reason`, by who declined, is for those who brought it, never for who asked.
    """

    __tablename__ = "introductions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('requested', 'forwarded', 'accepted', 'declined', 'withdrawn', 'expired')", name="state"
        ),
        CheckConstraint("from_id <> to_id", name="two"),
        Index("uq_introductions_open", "from_id", "to_id", unique=True, postgresql_where=_OPEN),
        Index("ix_introductions_from_id", "from_id", "id"),
        Index("ix_introductions_to_id", "to_id", "id"),
        Index("ix_introductions_expires_at", "expires_at", postgresql_where=_OPEN),
    )

    id: Mapped[Id]
    from_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    to_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey(Organization.id))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id))
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'requested'"))
    place: Mapped[int] = mapped_column(server_default=text("0"))
    declined_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    expires_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class IntroductionStep(Base):
    """An introducer of an introduction, from who asks (place 0) to who brings it. `note` is for the next."""

    __tablename__ = "introduction_steps"
    __table_args__ = (Index("ix_introduction_steps_account_id", "account_id", "introduction_id"),)

    introduction_id: Mapped[int] = mapped_column(ForeignKey(Introduction.id), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    asked_at: Mapped[datetime | None]
    forwarded_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(server_default=text("''"))
