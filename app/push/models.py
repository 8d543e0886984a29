"""Push subscriptions, and the key that signs what is sent to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id
from app.oauth.models import Token


class PushSubscription(Base):
    """Where an app wants to be told, one for each token; it goes with its token.

    `alerts` says of which of Mastodon's types. `sealed_token` is the access token, which pushes carry, as only the
    holder of our VAPID key can read it; None where that key is kept in this very database.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (
        CheckConstraint("policy IN ('all', 'followed', 'follower', 'none')", name="policy"),
        Index("ix_push_subscriptions_account_id", "account_id"),
    )

    id: Mapped[Id]
    token_id: Mapped[int] = mapped_column(ForeignKey(Token.id, ondelete="CASCADE"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    endpoint: Mapped[str]
    p256dh: Mapped[str]
    auth: Mapped[str]
    alerts: Mapped[dict[str, Any]]
    policy: Mapped[str] = mapped_column(server_default=text("'all'"))
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
    updated_at: Mapped[datetime]


class PushKey(Base):
    """The VAPID key pair that was made because no setting holds one: one row."""

    __tablename__ = "push_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    private_key: Mapped[str]
    created_at: Mapped[Created]
