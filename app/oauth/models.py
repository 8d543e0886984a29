"""Registered apps, what people let them do, and the tokens they hold. Secrets are kept as fingerprints only."""

from datetime import datetime

from sqlalchemy import ARRAY, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class App(Base):
    """A client application."""

    __tablename__ = "apps"

    id: Mapped[Id]
    client_id: Mapped[str] = mapped_column(unique=True)
    client_secret: Mapped[bytes]
    name: Mapped[str]
    website: Mapped[str | None]
    redirect_uris: Mapped[list[str]] = mapped_column(ARRAY(String))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]


class Authorization(Base):
    """A person's consent to an app, with its code. All tokens that come of the code are one family under it."""

    __tablename__ = "authorizations"

    id: Mapped[Id]
    code: Mapped[bytes] = mapped_column(unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey(App.id))
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Token(Base):
    """An access token. Without an account it speaks for the app alone; without `expires_at` it does not end."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index("ix_tokens_account_id", "account_id"),
        Index("ix_tokens_authorization_id", "authorization_id"),
    )

    id: Mapped[Id]
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey(App.id))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    authorization_id: Mapped[int | None] = mapped_column(ForeignKey(Authorization.id))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Base):
    """What renews an access token, once. `confidential`: only together with the app's secret."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index("ix_refresh_tokens_authorization_id", "authorization_id"),)

    id: Mapped[Id]
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    authorization_id: Mapped[int] = mapped_column(ForeignKey(Authorization.id))
    confidential: Mapped[bool]
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class BrowserSession(Base):
    """Someone logged in to the login page with a browser: the cookie's fingerprint."""

    __tablename__ = "browser_sessions"

    id: Mapped[Id]
    fingerprint: Mapped[bytes] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    created_at: Mapped[Created]
    expires_at: Mapped[datetime]
