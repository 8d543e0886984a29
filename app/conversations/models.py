"""Conversations, as each participant has them. Derived: direct posts rebuild them."""

from sqlalchemy import ARRAY, BigInteger, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Id, known_by
from app.posts.models import PostId


class Conversation(Base):
    """What `account_id` and `participant_ids` (sorted, the others) wrote to each other in one thread.

    `last_post_id` orders the list; whether the account may see that post is asked when it is read.
    """

    __tablename__ = "conversations"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        UniqueConstraint("account_id", "thread_id", "participant_ids", name="uq_conversations_participants"),
        Index("ix_conversations_account_id", "account_id", "last_post_id"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    thread_id: Mapped[int] = mapped_column(BigInteger)
    participant_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    last_post_id: Mapped[int] = mapped_column(BigInteger)
    # The list shows it again once a later post comes.
    removed_through: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unread: Mapped[bool] = mapped_column(server_default=text("false"))


class ConversationPost(Base):
    """A direct post in a participant's conversation."""

    __tablename__ = "conversation_posts"
    __table_args__ = (
        ForeignKeyConstraint(["conversation_id", "account_id"], [Conversation.id, Conversation.account_id]),
        Index("ix_conversation_posts_conversation_id", "conversation_id", "post_id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    post_id: Mapped[PostId] = mapped_column(primary_key=True)
    conversation_id: Mapped[int]
