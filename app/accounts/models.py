"""Accounts and their counters."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created, Id


class Account(Base):
    """A person or an organisation with a profile. `handle` is the canonical form of `username`."""

    __tablename__ = "accounts"

    id: Mapped[Id]
    username: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    display_name: Mapped[str] = mapped_column(server_default=text("''"))
    headline: Mapped[str] = mapped_column(server_default=text("''"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    fields: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    language: Mapped[str | None]
    bot: Mapped[bool] = mapped_column(server_default=text("false"))
    discoverable: Mapped[bool] = mapped_column(server_default=text("true"))
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class AccountStats(Base):
    """Counters of one account, kept in the transactions that change them: each equals its COUNT(*)."""

    __tablename__ = "account_stats"
    __table_args__ = (Index("ix_account_stats_followers_count", "followers_count"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    followers_count: Mapped[int] = mapped_column(server_default=text("0"))
    following_count: Mapped[int] = mapped_column(server_default=text("0"))
    posts_count: Mapped[int] = mapped_column(server_default=text("0"))
    last_post_at: Mapped[datetime | None]
