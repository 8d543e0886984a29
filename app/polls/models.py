"""Votes."""

from sqlalchemy import BigInteger, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import AccountId
from app.kit.db import Base, Created, known_by
from app.posts.models import Poll


class PollVote(Base):
    """One option (by its place, from 0) that someone chose. `author_id` is who asks."""

    __tablename__ = "poll_votes"
    __mapper_args__ = known_by("poll_id", "account_id", "choice")
    __table_args__ = (ForeignKeyConstraint(["poll_id", "author_id"], [Poll.id, Poll.author_id], ondelete="CASCADE"),)

    poll_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[AccountId] = mapped_column(primary_key=True)
    choice: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    created_at: Mapped[Created]
