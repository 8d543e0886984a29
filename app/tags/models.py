"""Followed topics."""

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created


class TagFollow(Base):
    """A topic (folded) whose public posts an account reads at home."""

    __tablename__ = "tag_follows"
    __table_args__ = (Index("ix_tag_follows_account", "account_id", "id"), Index("ix_tag_follows_tag", "tag"))

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=text("weizhi_id()"))
    created_at: Mapped[Created]
