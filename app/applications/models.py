"""Applications, and what became of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.jobs.models import Job
from app.kit.db import Base, Created, Id
from app.posts.models import PostId

_STAGES = "'applied', 'screen', 'interview', 'offer', 'hired', 'rejected', 'withdrawn'"


class Application(Base):
    """One person's application to one job.

    `via_post_id` is the post of the job's cascade through which the applicant came (the job's own post
    when directly); `inference` and `confidence` say how that is known, as in a cascade node. With
    `consent_at` the applicant agreed to be shown to the people along that path, in these `consent_words`.

    `mode` internal: made here; url: on the employer's own page. `profile` and the résumé (a file of its own in the
    private store) are the applicant's as they were then. Some time after its end all that is `erased_at`.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
        CheckConstraint("mode IN ('internal', 'url')", name="mode"),
        Index("ix_applications_resume_key", "resume_key", postgresql_where=text("resume_key IS NOT NULL")),
        Index(
            "ix_applications_ended",
            "moved_at",
            postgresql_where=text("erased_at IS NULL AND stage IN ('hired', 'rejected', 'withdrawn')"),
        ),
        Index(
            "uq_applications_active",
            "job_id",
            "applicant_id",
            unique=True,
            postgresql_where=text("stage <> 'withdrawn'"),
        ),
        Index("ix_applications_job_id", "job_id", "id"),
        Index("ix_applications_applicant_id", "applicant_id", "id"),
        Index("ix_applications_via_post_id", "via_post_id"),
    )

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id))
    applicant_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    via_post_id: Mapped[PostId]
    inference: Mapped[str]
    confidence: Mapped[float]
    stage: Mapped[str] = mapped_column(server_default=text("'applied'"))
    mode: Mapped[str] = mapped_column(server_default=text("'internal'"))
    message: Mapped[str] = mapped_column(server_default=text("''"))
    answers: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    profile: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    resume_key: Mapped[str | None]
    resume_name: Mapped[str | None]
    resume_type: Mapped[str | None]
    resume_size: Mapped[int | None]
    consent_at: Mapped[datetime | None]
    consent_words: Mapped[str | None]
    created_at: Mapped[Created]
    # When it came to its stage.
    moved_at: Mapped[Created]
    erased_at: Mapped[datetime | None]


class JobQuestions(Base):
    """What those who apply to a job are asked, in its order. An application keeps the questions that it answered."""

    __tablename__ = "job_questions"

    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id, ondelete="CASCADE"), primary_key=True)
    questions: Mapped[list[dict[str, Any]]]
    updated_at: Mapped[Created]


class ApplicationChange(Base):
    """A step in the life of an application, the first being its making (`previous` None). Only ever inserted.

    `actor_id` took it, None the service itself. The `reason` is for both sides, the `note` for the seats alone.
    """

    __tablename__ = "application_changes"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
        CheckConstraint(f"previous IN ({_STAGES})", name="previous"),
        Index("ix_application_changes_application_id", "application_id", "id"),
    )

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey(Application.id))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    previous: Mapped[str | None]
    stage: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    created_at: Mapped[Created]


class ApplicationAccess(Base):
    """Somebody of the organisation saw an application, or fetched its résumé: once per quarter of an hour."""

    __tablename__ = "application_accesses"
    __table_args__ = (
        CheckConstraint("kind IN ('viewed', 'resume')", name="kind"),
        UniqueConstraint("application_id", "account_id", "kind", "quarter", name="uq_application_accesses_quarter"),
        Index("ix_application_accesses_application_id", "application_id", "id"),
    )

    id: Mapped[Id]
    application_id: Mapped[int] = mapped_column(ForeignKey(Application.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    kind: Mapped[str]
    # Quarters of an hour since 1970.
    quarter: Mapped[int]
    created_at: Mapped[Created]


class ApplyClick(Base):
    """Somebody went on to an employer's own page, by the post `via_post_id`. `account_id` None: nobody signed in."""

    __tablename__ = "apply_clicks"
    __table_args__ = (
        Index("ix_apply_clicks_job_id", "job_id", "id"),
        Index("ix_apply_clicks_account_id", "account_id", "job_id", "id"),
    )

    id: Mapped[Id]
    job_id: Mapped[int] = mapped_column(ForeignKey(Job.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    via_post_id: Mapped[int]
    inference: Mapped[str]
    confidence: Mapped[float]
    created_at: Mapped[Created]
