"""Posts that wait for their time."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id, known_by


class ScheduledPost(Base):
    """What is to be published at `scheduled_at`, as a checked request; the row goes when it is.

    `error` says why it was not: then it waits for its author to give it another time, or to delete it.
    """

    __tablename__ = "scheduled_posts"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        Index("ix_scheduled_posts_account_id", "account_id", "id"),
        Index("ix_scheduled_posts_day", "account_id", "scheduled_at"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    app_id: Mapped[int | None] = mapped_column(BigInteger)
    scheduled_at: Mapped[datetime]
    request: Mapped[dict[str, Any]]
    media_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    error: Mapped[str | None]
    created_at: Mapped[Created]
