"""Authors whose posts readers fetch for themselves."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base


class PulledAuthor(Base):
    """An author with very many followers: `app.timeline.pulling` says what each state means.

    Posts from `since` on (an id) may be in nobody's feed. `turn` (an id) is new with each change of state, so that
    what an earlier state had begun can tell that it is over.
    """

    __tablename__ = "pulled_authors"
    __table_args__ = (CheckConstraint("state IN ('joining', 'pulled', 'leaving')", name="state"),)

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    state: Mapped[str]
    since: Mapped[int | None] = mapped_column(BigInteger)
    turn: Mapped[int] = mapped_column(BigInteger)
