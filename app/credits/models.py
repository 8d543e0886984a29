"""Credit: who passed a job on to an applicant, and how hires were shared out among them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.applications.models import Application
from app.jobs.models import Job
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization

_POLICY = "policy IN ('path_geometric', 'last_touch', 'equal', 'none')"


class CreditPolicy(Base):
    """How an organisation shares hires out, or (`job_id`) one of its jobs does."""

    __tablename__ = "credit_policies"
    __table_args__ = (
        CheckConstraint(_POLICY, name="policy"),
        UniqueConstraint("organization_id", "job_id", name="uq_credit_policies_of", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Id]
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"))
    policy: Mapped[str]
    updated_at: Mapped[Created]


class Referral(Base):
    """Somebody passed a job on to who applied: `hop` 1 is who stood nearest. Derived when the application comes."""

    __tablename__ = "referrals"
    __table_args__ = (Index("ix_referrals_account_id", "account_id"),)

    application_id: Mapped[int] = mapped_column(ForeignKey(Application.id), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    post_id: Mapped[int]
    hop: Mapped[int]


class ReferralAward(Base):
    """One sharing out of a hire, by a policy; also one that left nobody anything. At most one stands (not reversed).

    `hired_at` is when the hire was, from which its guarantee runs. Rows are only ever added and reversed.
    """

    __tablename__ = "referral_awards"
    __table_args__ = (
        CheckConstraint(_POLICY, name="policy"),
        UniqueConstraint("application_id", "generation", name="uq_referral_awards_generation"),
        Index(
            "uq_referral_awards_standing", "application_id", unique=True, postgresql_where=text("reversed_at IS NULL")
        ),
    )

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey(Application.id))
    generation: Mapped[int]
    policy: Mapped[str]
    # Who asked for it; None: the hire itself.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    hired_at: Mapped[datetime]
    created_at: Mapped[Created]
    reversed_at: Mapped[datetime | None]


class ReferralCredit(Base):
    """One account's share of an award, in basis points. `confidence` says how surely the path led by its post."""

    __tablename__ = "referral_credits"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'confirmed', 'reversed')", name="state"),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points"),
        UniqueConstraint("award_id", "account_id", name="uq_referral_credits_account"),
        Index("ix_referral_credits_account_id", "account_id", "id"),
        Index("ix_referral_credits_pending", "award_id", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[Id]
    award_id: Mapped[int] = mapped_column(ForeignKey(ReferralAward.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    post_id: Mapped[int]
    hop: Mapped[int]
    basis_points: Mapped[int]
    confidence: Mapped[float]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    # When it was confirmed or reversed.
    decided_at: Mapped[datetime | None]
