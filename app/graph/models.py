"""The follow graph, and what stands against it: blocks and mutes."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account, AccountId
from app.kit.db import Base, Created

# The order of lists people page through: when the row was made, not whom it names.
_CURSOR = text("weizhi_id()")


class Follow(Base):
    """`follower_id` reads what `followee_id` posts; `reposts` says whether also what they repost.

    `languages` None means posts in every language.
    """

    __tablename__ = "follows"
    __table_args__ = (
        # Whose feeds a post goes to, from the index alone.
        Index("ix_follows_followee_id", "followee_id", "follower_id", postgresql_include=["reposts"]),
        Index("ix_follows_followers", "followee_id", "id"),
        Index("ix_follows_following", "follower_id", "id"),
        # Of many followers few ask to hear of each post.
        Index("ix_follows_notify", "followee_id", "follower_id", postgresql_where=text("notify")),
    )

    follower_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    followee_id: Mapped[AccountId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
    reposts: Mapped[bool] = mapped_column(server_default=text("true"))
    notify: Mapped[bool] = mapped_column(server_default=text("false"))
    languages: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]


class FollowRequest(Base):
    """A wish to follow a locked account; it becomes a `Follow` with the same options, or goes."""

    __tablename__ = "follow_requests"
    __table_args__ = (Index("ix_follow_requests_followee", "followee_id", "id"),)

    follower_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    followee_id: Mapped[AccountId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
    reposts: Mapped[bool] = mapped_column(server_default=text("true"))
    notify: Mapped[bool] = mapped_column(server_default=text("false"))
    languages: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    created_at: Mapped[Created]


class Block(Base):
    """Neither sees the other: the blocked meets nothing of `account_id`, who meets nothing of theirs."""

    __tablename__ = "blocks"
    __table_args__ = (
        Index("ix_blocks_account", "account_id", "id"),
        Index("ix_blocks_target_id", "target_id", "account_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    target_id: Mapped[AccountId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
    created_at: Mapped[Created]


class Mute(Base):
    """`account_id` does not meet the target's posts, nor, with `notifications`, hears of what it does.

    Past `expires_at` the row counts for nothing; it is dropped some time after.
    """

    __tablename__ = "mutes"
    __table_args__ = (
        Index("ix_mutes_account", "account_id", "id"),
        Index("ix_mutes_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    target_id: Mapped[AccountId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
    notifications: Mapped[bool] = mapped_column(server_default=text("true"))
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class AccountNote(Base):
    """What an account wrote down about another, for itself alone (Weibo's 备注)."""

    __tablename__ = "account_notes"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    target_id: Mapped[AccountId] = mapped_column(primary_key=True)
    comment: Mapped[str]


class Endorsement(Base):
    """An account shown on another's profile, by that one's choice."""

    __tablename__ = "endorsements"
    __table_args__ = (Index("ix_endorsements_account", "account_id", "id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    target_id: Mapped[AccountId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
