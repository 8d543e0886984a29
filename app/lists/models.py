"""Lists and whom they hold."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account, AccountId
from app.kit.db import Base, Created, Id, known_by


class AccountList(Base):
    """A list of accounts its owner follows. `exclusive`: their posts stand here and not at home.

    `replies_policy` says whose replies are shown: to anyone `followed`, to members of the `list`, or `none`.
    """

    __tablename__ = "lists"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        CheckConstraint("replies_policy IN ('followed', 'list', 'none')", name="replies_policy"),
        Index("ix_lists_account_id", "account_id", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    title: Mapped[str]
    replies_policy: Mapped[str] = mapped_column(server_default=text("'list'"))
    exclusive: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]


class ListMember(Base):
    """Someone (`account_id`) on a list of `owner_id`."""

    __tablename__ = "list_members"
    __mapper_args__ = known_by("list_id", "account_id")
    __table_args__ = (
        ForeignKeyConstraint(["list_id", "owner_id"], [AccountList.id, AccountList.account_id], ondelete="CASCADE"),
        Index("ix_list_members_account_id", "account_id", "list_id"),
    )

    list_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    account_id: Mapped[AccountId] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[int] = mapped_column(server_default=text("weizhi_id()"))
