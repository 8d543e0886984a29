"""Votes."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created
from app.posts.models import Poll


class PollVote(Base):
    """One option (by its place, from 0) that someone chose."""

    __tablename__ = "poll_votes"

    poll_id: Mapped[int] = mapped_column(ForeignKey(Poll.id, ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    choice: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    created_at: Mapped[Created]
