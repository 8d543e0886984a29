"""The PostgreSQL search engine's tables.

They hold nothing of their own: everything in them is derived from posts and jobs and can be built anew.
That is why no foreign key ties them to anything.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, String, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created

# New words wait in a list until it has 512 kB: three times faster than sorting each in at once when
# everything is indexed anew, and still too short to be felt by searches, which read it in full.
_GIN: dict[str, Any] = {"postgresql_using": "gin", "postgresql_with": {"gin_pending_list_limit": "512"}}


class SearchWaiting(Base):
    """A post that an engine besides PostgreSQL (`target`) has still to be told of; see `queue`."""

    __tablename__ = "search_waiting"
    __table_args__ = (
        Index(
            "ix_search_waiting_queued_at", "target", "queued_at", "post_id", postgresql_where=text("parked_at IS NULL")
        ),
    )

    target: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rev: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    queued_at: Mapped[Created]
    error: Mapped[str | None]
    parked_at: Mapped[datetime | None]


class SearchPost(Base):
    """A searchable post: its words, and what searches filter by."""

    __tablename__ = "search_posts"
    __table_args__ = (
        Index("ix_search_posts_words", "words", **_GIN),
        Index("ix_search_posts_author_id", "author_id", "id"),
        Index("ix_search_posts_kind", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    author_id: Mapped[int]
    kind: Mapped[str]
    visibility: Mapped[str]
    language: Mapped[str | None]
    # NOTE: only the version before reads it; the words tell it now, as everything a post has.
    has_link: Mapped[bool]
    words: Mapped[str] = mapped_column(TSVECTOR)
    # Of the document and the form it is kept in; None: written before there were digests.
    digest: Mapped[str | None]


class SearchAccount(Base):
    """A person or organisation as it can be found: its name, normalised, and the words of its profile."""

    __tablename__ = "search_accounts"
    __table_args__ = (
        Index("ix_search_accounts_words", "words", **_GIN),
        Index("ix_search_accounts_name", "name"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)


class SearchJob(Base):
    """A searchable job: its words, and what searches filter and count by.

    `head` holds the words apart from the description's, to rank by: short enough to lie in the row itself. `cities`
    and `skills` are names to show; `city_keys` and `skill_keys`, in the same order, what they are compared by. A pay
    range with one known end has it at both. `experience` and `education` are the least asked for; 0: none. `terms` are
    those the job is counted by.
    """

    __tablename__ = "search_jobs"
    __table_args__ = (
        Index("ix_search_jobs_words", "words", **_GIN),
        Index("ix_search_jobs_city_keys", "city_keys", **_GIN),
        Index("ix_search_jobs_skill_keys", "skill_keys", **_GIN),
        Index("ix_search_jobs_organization_id", "organization_id", "id"),
        Index("ix_search_jobs_post_id", "post_id", postgresql_where=text("open")),
        Index("ix_search_jobs_workplace_type", "workplace_type", "post_id", postgresql_where=text("open")),
        Index(
            "ix_search_jobs_yearly_max",
            text("yearly_max DESC NULLS LAST"),
            text("post_id DESC"),
            postgresql_where=text("open"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    post_id: Mapped[int]
    organization_id: Mapped[int]
    workplace_type: Mapped[str]
    employment_type: Mapped[str]
    experience: Mapped[int]
    education: Mapped[int]
    cities: Mapped[list[str]] = mapped_column(ARRAY(String))
    city_keys: Mapped[list[str]] = mapped_column(ARRAY(String))
    skills: Mapped[list[str]] = mapped_column(ARRAY(String))
    skill_keys: Mapped[list[str]] = mapped_column(ARRAY(String))
    monthly_min: Mapped[int | None]
    monthly_max: Mapped[int | None]
    yearly_min: Mapped[int | None]
    yearly_max: Mapped[int | None]
    open: Mapped[bool]
    valid_through: Mapped[date | None]
    terms: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    head: Mapped[str] = mapped_column(TSVECTOR)
    words: Mapped[str] = mapped_column(TSVECTOR)
    digest: Mapped[str | None]


class SearchWord(Base):
    """A word in Latin letters from jobs, to tell misspelt words by: one without some letters is one of `deletions`."""

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_deletions", "deletions", **_GIN),)

    word: Mapped[str] = mapped_column(primary_key=True)
    deletions: Mapped[list[str]] = mapped_column(ARRAY(String))


class SearchTerm(Base):
    """A title, skill, place or employer that searches may be completed to, and how many open jobs have it."""

    __tablename__ = "search_terms"

    term: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    jobs: Mapped[int]


class SearchTermStart(Base):
    """What a term is found by: people type the beginning of `start`."""

    __tablename__ = "search_term_starts"

    kind: Mapped[str] = mapped_column(primary_key=True)
    start: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(primary_key=True)
