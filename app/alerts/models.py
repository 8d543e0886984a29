"""Saved searches, what they are found by, and which jobs were told of."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id, Moment, known_by


class SavedSearch(Base):
    """A search for jobs under a name: `q` and `filters` as they were asked for.

    The columns from `words` on are the same as matching reads it, derived anew by `weizhi search rebuild`; an empty
    list, or None, asks for nothing. `since`: of jobs published before, nothing is told.
    """

    __tablename__ = "saved_searches"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        CheckConstraint("cadence IN ('instant', 'none')", name="cadence"),
        Index("ix_saved_searches_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    name: Mapped[str]
    q: Mapped[str]
    filters: Mapped[dict[str, Any]]
    cadence: Mapped[str]
    since: Mapped[datetime]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    words: Mapped[str | None] = mapped_column(TSQUERY)
    city_keys: Mapped[list[str]] = mapped_column(ARRAY(String))
    skill_keys: Mapped[list[str]] = mapped_column(ARRAY(String))
    workplace_types: Mapped[list[str]] = mapped_column(ARRAY(String))
    employment_types: Mapped[list[str]] = mapped_column(ARRAY(String))
    organization_id: Mapped[int | None]
    experience_min: Mapped[int | None]
    experience_max: Mapped[int | None]
    education: Mapped[int | None]
    salary_min: Mapped[int | None]
    salary_max: Mapped[int | None]
    yearly: Mapped[bool]
    negotiable: Mapped[bool | None]
    posted_within: Mapped[int | None]


class SavedSearchHook(Base):
    """A job that a saved search matches has at least one of the search's hooks. Searches that are off have none."""

    __tablename__ = "saved_search_hooks"
    __mapper_args__ = known_by("hook", "search_id")
    __table_args__ = (
        ForeignKeyConstraint(["search_id", "account_id"], [SavedSearch.id, SavedSearch.account_id], ondelete="CASCADE"),
        Index("ix_saved_search_hooks_search_id", "search_id"),
    )

    hook: Mapped[str] = mapped_column(primary_key=True)
    search_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class JobAlert(Base):
    """An account was told of a job, or would not have been heard: never again."""

    __tablename__ = "job_alerts"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, info={"names": "jobs"})
    told_at: Mapped[Moment]
