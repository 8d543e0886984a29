"""Filters, their words and their posts."""

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id
from app.posts.models import PostId


class Filter(Base):
    """What an account does not want to meet, where (`contexts`), and what then happens to it."""

    __tablename__ = "filters"
    __table_args__ = (
        CheckConstraint("action IN ('warn', 'hide', 'blur')", name="action"),
        Index("ix_filters_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    title: Mapped[str]
    contexts: Mapped[list[str]] = mapped_column(ARRAY(String))
    action: Mapped[str] = mapped_column(server_default=text("'warn'"))
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class FilterKeyword(Base):
    """A word or phrase. `whole_word`: letters of an alphabet must not go on beside it."""

    __tablename__ = "filter_keywords"
    __table_args__ = (Index("ix_filter_keywords_filter_id", "filter_id", "id"),)

    id: Mapped[Id]
    filter_id: Mapped[int] = mapped_column(ForeignKey(Filter.id, ondelete="CASCADE"))
    keyword: Mapped[str]
    whole_word: Mapped[bool] = mapped_column(server_default=text("true"))


class FilterPost(Base):
    """One post that is filtered whatever it says."""

    __tablename__ = "filter_posts"
    __table_args__ = (UniqueConstraint("filter_id", "post_id"),)

    id: Mapped[Id]
    filter_id: Mapped[int] = mapped_column(ForeignKey(Filter.id, ondelete="CASCADE"))
    post_id: Mapped[PostId]
