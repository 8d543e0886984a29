"""Followed and featured topics."""

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id, known_by


class TagFollow(Base):
    """A topic (folded) whose public posts an account reads at home."""

    __tablename__ = "tag_follows"
    __table_args__ = (Index("ix_tag_follows_account", "account_id", "id"), Index("ix_tag_follows_tag", "tag"))

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=text("weizhi_id()"))
    created_at: Mapped[Created]


class FeaturedTag(Base):
    """A topic that an account shows on its profile; `name` is it as its owner wrote it."""

    __tablename__ = "featured_tags"
    __mapper_args__ = known_by("id")
    __table_args__ = (UniqueConstraint("account_id", "tag"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    tag: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[Created]
