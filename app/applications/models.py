"""Applications, and what became of each."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
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
    `consent_at` the applicant agreed to be shown to the people along that path.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint(f"stage IN ({_STAGES})", name="stage"),
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
    message: Mapped[str] = mapped_column(server_default=text("''"))
    answers: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    consent_at: Mapped[datetime | None]
    created_at: Mapped[Created]
    # When it came to its stage.
    moved_at: Mapped[Created]


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
