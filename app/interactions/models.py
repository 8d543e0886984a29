"""What readers do with posts. `id` is the cursor of each list: when, not what."""

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.kit.db import Base, Created
from app.posts.models import PostId

_CURSOR = text("weizhi_id()")


class Like(Base):
    """Mastodon's favourite, Weibo's 赞."""

    __tablename__ = "likes"
    __table_args__ = (Index("ix_likes_account", "account_id", "id"), Index("ix_likes_post", "post_id", "id"))

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    post_id: Mapped[PostId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)
    created_at: Mapped[Created]


class Bookmark(Base):
    """A post kept for oneself (Weibo's 收藏): nobody else learns of it."""

    __tablename__ = "bookmarks"
    __table_args__ = (Index("ix_bookmarks_account", "account_id", "id"), Index("ix_bookmarks_post_id", "post_id"))

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    post_id: Mapped[PostId] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)


class Pin(Base):
    """A post of one's own that stands first on one's profile (Weibo's 置顶)."""

    __tablename__ = "pins"
    __table_args__ = (
        ForeignKeyConstraint(["post_id", "account_id"], ["posts.id", "posts.author_id"]),
        Index("ix_pins_account", "account_id", "id"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, server_default=_CURSOR)


class ConversationMute(Base):
    """A thread an account wants to hear no more of."""

    __tablename__ = "conversation_mutes"

    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
