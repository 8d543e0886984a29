"""Blocked domains."""

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created


class DomainBlock(Base):
    """`account_id` wants nothing of `domain`, which is kept in its ASCII form. `id` is the order of the list."""

    __tablename__ = "domain_blocks"
    __table_args__ = (Index("ix_domain_blocks_account", "account_id", "id"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    domain: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=text("weizhi_id()"))
    created_at: Mapped[Created]
