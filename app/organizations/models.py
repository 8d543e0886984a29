"""Organisations and seats."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class Organization(Base):
    """An employer. Without `verified_at` its jobs are labelled 未认证."""

    __tablename__ = "organizations"

    id: Mapped[Id]
    name: Mapped[str]
    url: Mapped[str | None]
    created_by: Mapped[int] = mapped_column(ForeignKey(Account.id))
    verified_at: Mapped[datetime | None]
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
