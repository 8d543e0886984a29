"""Notifications, and what an account wants to hear of strangers."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account, AccountId
from app.kit.db import Base, Created, Id, known_by
from app.posts.models import PostId

_KINDS = (
    "mention post repost follow follow_request like poll edit quote quoted_edit job application referral applied "
    "introduction"
)


class Notification(Base):
    """Something `account_id` is told: what `from_id` did, to or by `post_id`; each fact is told once.

    Ids are plain counters: grouped notifications carry them as JSON numbers, and JavaScript keeps 53 bits.
    `about` is what else there is to tell: of a job, the `saved_searches` ({id, name}) it matched when it was new; of
    one's application, where it stands now; of a hire that one helped to, the points; of one's
    job, which application is new; of an introduction, what is new.
    A `filtered` one waits in a request until its recipient accepts the sender. Notifications with the same
    `group_key` are shown as one.
    """

    __tablename__ = "notifications"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in _KINDS.split())})", name="kind"),
        UniqueConstraint(
            *("account_id", "kind", "post_id", "from_id"),
            name="uq_notifications_fact",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_notifications_account_id", "account_id", "id"),
        Index("ix_notifications_from", "account_id", "from_id", "id"),
        Index("ix_notifications_group", "account_id", "group_key", "id"),
        Index("ix_notifications_post_id", "post_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    from_id: Mapped[AccountId]
    kind: Mapped[str]
    post_id: Mapped[PostId | None]
    filtered: Mapped[bool] = mapped_column(server_default=text("false"))
    group_key: Mapped[str | None]
    about: Mapped[dict[str, Any] | None]
    # When what it tells of happened.
    created_at: Mapped[datetime]


class NotificationPolicy(Base):
    """What becomes of notifications by whom: each column is accept, filter or drop."""

    __tablename__ = "notification_policies"
    __table_args__ = tuple(
        CheckConstraint(f"{column} IN ('accept', 'filter', 'drop')", name=column)
        for column in ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts")
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    not_following: Mapped[str] = mapped_column(server_default=text("'accept'"))
    not_followers: Mapped[str] = mapped_column(server_default=text("'accept'"))
    new_accounts: Mapped[str] = mapped_column(server_default=text("'accept'"))
    private_mentions: Mapped[str] = mapped_column(server_default=text("'filter'"))
    limited_accounts: Mapped[str] = mapped_column(server_default=text("'filter'"))


class NotificationPermission(Base):
    """`from_id` was accepted by `account_id`: the policy does not hold for it."""

    __tablename__ = "notification_permissions"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    from_id: Mapped[AccountId] = mapped_column(primary_key=True)
    created_at: Mapped[Created]


class NotificationRequest(Base):
    """Someone filtered has written to `account_id`, who may accept or dismiss them."""

    __tablename__ = "notification_requests"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        UniqueConstraint("account_id", "from_id", name="uq_notification_requests_from"),
        Index("ix_notification_requests_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    from_id: Mapped[AccountId]
    last_post_id: Mapped[PostId]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
