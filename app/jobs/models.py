"""Jobs."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id
from app.organizations.models import Organization
from app.posts.models import PostId


class Job(Base):
    """A recruiting post's facts. From its first publication it has exactly one post.

    `locations` is a list of {city, region, country, name}. Salary amounts are whole units of
    `salary_currency` per `salary_interval`, paid `salary_months` times a year; `salary_negotiable` is 面议.
    `monthly_min` and `monthly_max` are the same in CNY per month where that can be said, for search.
    `assumed` names the facts that the source did not give and the inbound source's defaults filled in.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'open', 'paused', 'closed', 'filled', 'expired')", name="state"),
        CheckConstraint("workplace_type IN ('on_site', 'hybrid', 'remote')", name="workplace_type"),
        CheckConstraint("state = 'draft' OR post_id IS NOT NULL OR published_at IS NULL", name="published"),
        Index("uq_jobs_external", "source_id", "external_id", unique=True),
        Index("ix_jobs_organization_id", "organization_id", "id"),
        Index("ix_jobs_author_id", "author_id", "id"),
        Index("ix_jobs_ending", "valid_through", "id", postgresql_where=text("state IN ('open', 'paused')")),
    )

    id: Mapped[Id]
    post_id: Mapped[PostId | None] = mapped_column(unique=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey(Organization.id))
    author_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    title: Mapped[str]
    description_html: Mapped[str] = mapped_column(server_default=text("''"))
    requirements: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    headcount: Mapped[int | None]
    locations: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    workplace_type: Mapped[str] = mapped_column(server_default=text("'on_site'"))
    employment_type: Mapped[str] = mapped_column(server_default=text("'FULL_TIME'"))
    salary_currency: Mapped[str | None]
    salary_min: Mapped[int | None]
    salary_max: Mapped[int | None]
    salary_interval: Mapped[str | None]
    salary_months: Mapped[int | None]
    salary_negotiable: Mapped[bool] = mapped_column(server_default=text("false"))
    monthly_min: Mapped[int | None]
    monthly_max: Mapped[int | None]
    experience_min_years: Mapped[int | None]
    education: Mapped[str | None]
    skills: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    language: Mapped[str | None]
    apply_url: Mapped[str | None]
    valid_through: Mapped[date | None]
    assumed: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    # The inbound source that keeps this job up to date, and the source's own id of it.
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    external_id: Mapped[str | None]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
