"""Filters, their words and their posts."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id, known_by
from app.posts.models import PostId


class Filter(Base):
    """What an account does not want to meet, where (`contexts`), and what then happens to it."""

    __tablename__ = "filters"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        CheckConstraint("action IN ('warn', 'hide', 'blur')", name="action"),
        Index("ix_filters_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    title: Mapped[str]
    contexts: Mapped[list[str]] = mapped_column(ARRAY(String))
    action: Mapped[str] = mapped_column(server_default=text("'warn'"))
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class FilterKeyword(Base):
    """A word or phrase. `whole_word`: letters of an alphabet must not go on beside it."""

    __tablename__ = "filter_keywords"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        ForeignKeyConstraint(["filter_id", "account_id"], [Filter.id, Filter.account_id], ondelete="CASCADE"),
        Index("ix_filter_keywords_filter_id", "filter_id", "id"),
    )

    id: Mapped[Id]
    filter_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    keyword: Mapped[str]
    whole_word: Mapped[bool] = mapped_column(server_default=text("true"))


class FilterPost(Base):
    """One post that is filtered whatever it says."""

    __tablename__ = "filter_posts"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        ForeignKeyConstraint(["filter_id", "account_id"], [Filter.id, Filter.account_id], ondelete="CASCADE"),
        UniqueConstraint("filter_id", "post_id", "account_id"),
    )

    id: Mapped[Id]
    filter_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    post_id: Mapped[PostId]
