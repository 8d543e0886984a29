"""Where readers stopped."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base


class Marker(Base):
    """The last entry that was read in one of an account's timelines. `version` counts the writes."""

    __tablename__ = "markers"
    __table_args__ = (CheckConstraint("timeline IN ('home', 'notifications')", name="timeline"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    timeline: Mapped[str] = mapped_column(primary_key=True)
    last_read_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int]
    updated_at: Mapped[datetime]
