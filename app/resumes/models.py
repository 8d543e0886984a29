"""Résumés."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class Resume(Base):
    """A file as it came, kept under `key` in the private store. Never changed: another file is another résumé."""

    __tablename__ = "resumes"
    __table_args__ = (Index("ix_resumes_account_id", "account_id", "id"), Index("ix_resumes_key", "key"))

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    key: Mapped[str]
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    created_at: Mapped[Created]
