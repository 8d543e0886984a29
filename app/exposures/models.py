"""Exposures, what is left of them after a month, and the key that signs what cards carry."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created


class Exposure(Base):
    """One reader was shown one job through one post on one day in China: however often, that is one row.

    `root_id` is the job's own post, `via_id` the post it was shown by: itself, or what carries it. `at` and `surface`
    tell of the last time it came anew. `opened_at`: when its page was first opened on that day. `known_by`: 'card'
    when by the reader's own card, 'link' when by one made for somebody else.
    """

    __tablename__ = "exposures"
    __table_args__ = (Index("ix_exposures_viewer_id", "viewer_id", "root_id", "day"),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    root_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    via_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    viewer_id: Mapped[int] = mapped_column(ForeignKey(Account.id, ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
    surface: Mapped[str]
    opened_at: Mapped[datetime | None]
    known_by: Mapped[str | None]


class HopDay(Base):
    """How many exposures of a day a post brought that are no longer kept one by one, and how many were opened."""

    __tablename__ = "hop_days"
    __table_args__ = (Index("ix_hop_days_day", "root_id", "day"),)

    root_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    via_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shown: Mapped[int] = mapped_column(server_default=text("0"))
    opened: Mapped[int] = mapped_column(server_default=text("0"))


class ReachSketch(Base):
    """A HyperLogLog, as Valkey writes it, of the readers who came by posts of one depth and are no longer kept."""

    __tablename__ = "reach_sketches"

    root_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    depth: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sketch: Mapped[bytes]


class ReachMilestone(Base):
    """A number of readers that a job has reached, told once."""

    __tablename__ = "reach_milestones"

    root_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reach: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(server_default=text("weizhi_id()"))
    created_at: Mapped[Created]


class CardKey(Base):
    """The key that signs card links, made once for all processes."""

    __tablename__ = "card_keys"

    name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[bytes]
    created_at: Mapped[Created]
