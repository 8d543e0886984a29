"""Reports."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class Report(Base):
    """A complaint of `account_id` about `target_id` and some of its posts, open until somebody acted on it."""

    __tablename__ = "reports"
    __table_args__ = (
        CheckConstraint("category IN ('spam', 'legal', 'violation', 'other')", name="category"),
        Index("ix_reports_target_id", "target_id", "id"),
        Index("ix_reports_open", "id", postgresql_where=text("action_taken_at IS NULL")),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    target_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    category: Mapped[str]
    comment: Mapped[str] = mapped_column(server_default=text("''"))
    post_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    # Numbers of the rules as the settings list them, from 1.
    rules: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"))
    action_taken_at: Mapped[datetime | None]
    created_at: Mapped[Created]
