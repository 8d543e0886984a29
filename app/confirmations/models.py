"""Links that were mailed."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created


class Confirmation(Base):
    """A link mailed to an account at `email`, by its token's fingerprint. It goes once one of them is followed."""

    __tablename__ = "confirmations"
    __table_args__ = (Index("ix_confirmations_account_id", "account_id"),)

    fingerprint: Mapped[bytes] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    email: Mapped[str]
    created_at: Mapped[Created]
