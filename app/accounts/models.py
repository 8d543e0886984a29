"""Accounts and their counters."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Created, Id

# Somebody else's account, named without a foreign key: it may lie in another shard (ADR 0023).
AccountId = Annotated[int, mapped_column(BigInteger, info={"names": "accounts"})]


class Account(Base):
    """A person or an organisation with a profile. `handle` is the canonical form of `username`.

    `avatar` and `header` are keys of stored files, their `_static` twins those of a picture that does not move.
    `home_order` None: as the service has it. `show_referrals`: others may see what its word of mouth came to.
    `verified_kind` is Weibo's V: whom we checked, and `verified_reason` what as.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        # Whom `@张伟` may mean.
        Index("ix_accounts_display_name", text("lower(display_name)")),
        CheckConstraint("verified_kind IN ('person', 'organization')", name="verified_kind"),
        CheckConstraint("default_visibility IN ('public', 'unlisted', 'private', 'direct')", name="default_visibility"),
        CheckConstraint("default_quote_policy IN ('public', 'followers', 'nobody')", name="default_quote_policy"),
        CheckConstraint("home_order IN ('chronological', 'calm')", name="home_order"),
    )

    id: Mapped[Id]
    username: Mapped[str]
    handle: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    display_name: Mapped[str] = mapped_column(server_default=text("''"))
    headline: Mapped[str] = mapped_column(server_default=text("''"))
    note: Mapped[str] = mapped_column(server_default=text("''"))
    fields: Mapped[list[dict[str, Any]]] = mapped_column(server_default=text("'[]'"))
    avatar: Mapped[str | None]
    avatar_static: Mapped[str | None]
    avatar_description: Mapped[str] = mapped_column(server_default=text("''"))
    header: Mapped[str | None]
    header_static: Mapped[str | None]
    header_description: Mapped[str] = mapped_column(server_default=text("''"))
    language: Mapped[str | None]
    bot: Mapped[bool] = mapped_column(server_default=text("false"))
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    discoverable: Mapped[bool] = mapped_column(server_default=text("true"))
    indexable: Mapped[bool] = mapped_column(server_default=text("true"))
    hide_collections: Mapped[bool] = mapped_column(server_default=text("false"))
    default_visibility: Mapped[str] = mapped_column(server_default=text("'public'"))
    default_sensitive: Mapped[bool] = mapped_column(server_default=text("false"))
    default_language: Mapped[str | None]
    default_quote_policy: Mapped[str] = mapped_column(server_default=text("'public'"))
    home_order: Mapped[str | None]
    show_referrals: Mapped[bool] = mapped_column(server_default=text("true"))
    # Whether it is noted which jobs they were shown, and by whom.
    log_exposures: Mapped[bool] = mapped_column(server_default=text("true"))
    verified_kind: Mapped[str | None]
    verified_reason: Mapped[str] = mapped_column(server_default=text("''"))
    verified_at: Mapped[datetime | None]
    email_confirmed_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class AccountStats(Base):
    """Counters of one account, kept in the transactions that change them: each equals its COUNT(*)."""

    __tablename__ = "account_stats"
    __table_args__ = (
        Index("ix_account_stats_followers_count", "followers_count"),
        Index("ix_account_stats_last_post_at", "last_post_at"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    followers_count: Mapped[int] = mapped_column(server_default=text("0"))
    following_count: Mapped[int] = mapped_column(server_default=text("0"))
    posts_count: Mapped[int] = mapped_column(server_default=text("0"))
    last_post_at: Mapped[datetime | None]
