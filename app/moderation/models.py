"""How far a suspension has gone."""

from sqlalchemy import ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base


class Suspension(Base):
    """How much of what a suspended account did counts no longer: `app/moderation/counting.py`.

    Everything before (`step`, `cursor`) is taken out of others' counters. `ending`: it is being put back.
    """

    __tablename__ = "suspensions"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    step: Mapped[int] = mapped_column(server_default=text("0"))
    cursor: Mapped[int] = mapped_column(server_default=text("0"))
    ending: Mapped[bool] = mapped_column(server_default=text("false"))
