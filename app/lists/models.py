"""Lists and whom they hold."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created, Id


class AccountList(Base):
    """A list of accounts its owner follows. `exclusive`: their posts stand here and not at home.

    `replies_policy` says whose replies are shown: to anyone `followed`, to members of the `list`, or `none`.
    """

    __tablename__ = "lists"
    __table_args__ = (
        CheckConstraint("replies_policy IN ('followed', 'list', 'none')", name="replies_policy"),
        Index("ix_lists_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    title: Mapped[str]
    replies_policy: Mapped[str] = mapped_column(server_default=text("'list'"))
    exclusive: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]


class ListMember(Base):
    """Someone on a list."""

    __tablename__ = "list_members"
    __table_args__ = (Index("ix_list_members_account_id", "account_id", "list_id"),)

    list_id: Mapped[int] = mapped_column(ForeignKey(AccountList.id, ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    id: Mapped[int] = mapped_column(server_default=text("weizhi_id()"))
