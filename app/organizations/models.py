"""Organisations and seats."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class Organization(Base):
    """An employer. Without `verified_at` its jobs are labelled. `profile` says what it is and does.

    At `verify_due_at` it has to have been checked anew; it `lapsed_at` when it was not.
    """

    __tablename__ = "organizations"

    id: Mapped[Id]
    name: Mapped[str]
    url: Mapped[str | None]
    profile: Mapped[str] = mapped_column(server_default=text("''"))
    created_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    verified_at: Mapped[datetime | None]
    verify_due_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class Seat(Base):
    """What one account may do for an organisation."""

    __tablename__ = "seats"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'recruiter', 'viewer')", name="role"),
        Index("ix_seats_account_id", "account_id"),
    )

    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    role: Mapped[str] = mapped_column(server_default=text("'owner'"))
    created_at: Mapped[Created]


class SeatInvitation(Base):
    """A seat that an owner offers and an account has not taken yet."""

    __tablename__ = "seat_invitations"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'recruiter', 'viewer')", name="role"),
        UniqueConstraint("organization_id", "account_id", name="uq_seat_invitations_account"),
        Index("ix_seat_invitations_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    role: Mapped[str]
    invited_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    created_at: Mapped[Created]


class Verification(Base):
    """What an owner showed so that the organisation be verified, and what a reviewer made of it.

    `credit_code` is the 统一社会信用代码, `license_no` a 人力资源服务许可证 where there is one.
    """

    __tablename__ = "verifications"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'verified', 'rejected', 'lapsed')", name="state"),
        Index("ix_verifications_organization_id", "organization_id", "id"),
        Index("uq_verifications_pending", "organization_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_verifications_credit_code", "credit_code", postgresql_where=text("state = 'verified'")),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    credit_code: Mapped[str]
    license_no: Mapped[str | None]
    domain: Mapped[str | None]
    evidence: Mapped[str]
    evidence_url: Mapped[str | None]
    submitted_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    submitted_at: Mapped[datetime]
    reviewer: Mapped[str | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    verify_due_at: Mapped[datetime | None]
