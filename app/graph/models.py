"""The follow graph."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created


class Follow(Base):
    """`follower_id` reads what `followee_id` posts; `reposts` says whether also what they repost."""

    __tablename__ = "follows"
    __table_args__ = (Index("ix_follows_followee_id", "followee_id", "follower_id"),)

    follower_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    followee_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    reposts: Mapped[bool] = mapped_column(server_default=text("true"))
    notify: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]
