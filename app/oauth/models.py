"""Registered apps and the tokens they hold."""

from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class App(Base):
    """A client application. Only the fingerprint of its secret is kept."""

    __tablename__ = "apps"

    id: Mapped[Id]
    client_id: Mapped[str] = mapped_column(unique=True)
    client_secret: Mapped[bytes]
    name: Mapped[str]
    website: Mapped[str | None]
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY(String))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]


class Token(Base):
    """An access token, kept as its fingerprint. Without an account it speaks for the app alone."""

    __tablename__ = "tokens"
    __table_args__ = (Index("ix_tokens_account_id", "account_id"),)

    id: Mapped[Id]
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey(App.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]
    revoked_at: Mapped[datetime | None]
