"""What somebody does not want suggested again."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account, AccountId
from app.kit.db import Base, Created


class DismissedSuggestion(Base):
    """`account_id` does not want `target_id` suggested."""

    __tablename__ = "dismissed_suggestions"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    target_id: Mapped[AccountId] = mapped_column(primary_key=True)
    created_at: Mapped[Created]
