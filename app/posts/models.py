"""Posts, their counters, and the cascade each repost or quote belongs to."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account, AccountId
from app.kit.db import Base, Created, Id, known_by

LIVE = sql("deleted_at IS NULL")
# A post named without a foreign key, because it may be somebody else's (ADR 0023).
PostId = Annotated[int, mapped_column(BigInteger, info={"names": "posts"})]


def names_own_post(owner: str) -> dict[str, Any]:
    """`info` of a column that names a post by who is in the column `owner`, written with it in one statement."""
    return {"names": "posts", "with": (owner, "author_id")}


class Post(Base):
    """A post of any kind. A deleted post keeps its row, for the path it was part of, without its words.

    Whatever belongs to somebody else names a post by its id without a foreign key (ADR 0023).
    """

    __tablename__ = "posts"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        CheckConstraint("kind IN ('post', 'repost', 'quote', 'job')", name="kind"),
        CheckConstraint("visibility IN ('public', 'unlisted', 'private', 'direct')", name="visibility"),
        CheckConstraint("(kind = 'repost') = (repost_of_id IS NOT NULL)", name="repost"),
        Index("ix_posts_author_id", "author_id", "id", postgresql_where=LIVE),
        Index(
            "ix_posts_public",
            "id",
            postgresql_where=sql("deleted_at IS NULL AND visibility = 'public' AND kind <> 'repost'"),
        ),
        Index(
            "ix_posts_reposts",
            "author_id",
            "id",
            postgresql_where=sql("kind = 'repost' AND deleted_at IS NULL"),
            postgresql_include=["repost_of_id"],
        ),
        Index("uq_posts_repost", "author_id", "repost_of_id", unique=True, postgresql_where=LIVE),
        Index("ix_posts_repost_of_id", "repost_of_id", "id"),
        Index("ix_posts_quote_of_id", "quote_of_id", "id"),
        Index("ix_posts_in_reply_to_id", "in_reply_to_id", "id"),
        Index("ix_posts_conversation_id", "conversation_id", "id"),
        CheckConstraint("quote_policy IN ('public', 'followers', 'nobody')", name="quote_policy"),
        CheckConstraint("quote_state IN ('accepted', 'pending', 'rejected', 'revoked')", name="quote_state"),
        CheckConstraint("quote_state IS NULL OR quote_of_id IS NOT NULL", name="quote"),
    )

    id: Mapped[Id]
    author_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    kind: Mapped[str] = mapped_column(server_default=sql("'post'"))
    text: Mapped[str] = mapped_column(server_default=sql("''"))
    spoiler_text: Mapped[str] = mapped_column(server_default=sql("''"))
    sensitive: Mapped[bool] = mapped_column(server_default=sql("false"))
    visibility: Mapped[str] = mapped_column(server_default=sql("'public'"))
    language: Mapped[str | None]
    in_reply_to_id: Mapped[PostId | None]
    in_reply_to_account_id: Mapped[AccountId | None]
    repost_of_id: Mapped[PostId | None]
    quote_of_id: Mapped[PostId | None]
    # Of a quote: whether the quoted author lets it stand (None, as written before there were policies: yes).
    quote_state: Mapped[str | None]
    # Of any post: who may quote it.
    quote_policy: Mapped[str] = mapped_column(server_default=sql("'public'"))
    # The first post of the thread this one replies in; None in that one itself.
    conversation_id: Mapped[int | None] = mapped_column(BigInteger)
    # In the order they are shown.
    media_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=sql("'{}'"))
    poll_id: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=sql("'{}'"))
    # [{"id": account id, "username": its username, "name": as written}]: usernames never change: no join is needed.
    mentions: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'"))
    app_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Created]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    @property
    def thread_id(self) -> int:
        """The id of the first post of the thread this one is in."""
        return self.conversation_id or self.id


class PostTag(Base):
    """A topic in a living post, folded (`text.fold_tag`): what tag timelines are read from."""

    __tablename__ = "post_tags"
    __table_args__ = (Index("ix_post_tags_post_id", "post_id"),)

    tag: Mapped[str] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, info=names_own_post("author_id"))
    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class PostRevision(Base):
    """How a post read before an edit, from `created_at` on. The first edit also keeps the original."""

    __tablename__ = "post_revisions"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        ForeignKeyConstraint(["post_id", "author_id"], [Post.id, Post.author_id]),
        Index("ix_post_revisions_post_id", "post_id", "id"),
    )

    id: Mapped[Id]
    post_id: Mapped[int]
    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    text: Mapped[str]
    spoiler_text: Mapped[str]
    sensitive: Mapped[bool]
    media: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'"))
    poll_options: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime]


class Poll(Base):
    """The question a post asks. `votes` counts each option's; `voters_count` the people who voted."""

    __tablename__ = "polls"
    __mapper_args__ = known_by("id")
    __table_args__ = (
        ForeignKeyConstraint(["post_id", "author_id"], [Post.id, Post.author_id]),
        Index("ix_polls_expires_at", "expires_at"),
        Index("ix_polls_post_id", "post_id"),
    )

    id: Mapped[Id]
    post_id: Mapped[int]
    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    options: Mapped[list[str]] = mapped_column(ARRAY(String))
    votes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    voters_count: Mapped[int] = mapped_column(server_default=sql("0"))
    multiple: Mapped[bool] = mapped_column(server_default=sql("false"))
    hide_totals: Mapped[bool] = mapped_column(server_default=sql("false"))
    expires_at: Mapped[datetime | None]
    # When its end was told to those who voted.
    ended_at: Mapped[datetime | None]


class PostStats(Base):
    """Counters of one post, kept in the transactions that change them. `heat` is derived, for ranking."""

    __tablename__ = "post_stats"
    __mapper_args__ = known_by("post_id")

    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, info=names_own_post("author_id"))
    author_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    replies_count: Mapped[int] = mapped_column(server_default=sql("0"))
    reposts_count: Mapped[int] = mapped_column(server_default=sql("0"))
    quotes_count: Mapped[int] = mapped_column(server_default=sql("0"))
    likes_count: Mapped[int] = mapped_column(server_default=sql("0"))
    heat: Mapped[int] = mapped_column(
        BigInteger, Computed("1 + likes_count + 2 * (reposts_count + quotes_count) + 3 * replies_count", persisted=True)
    )


class CascadeNode(Base):
    """Where one repost or quote hangs in the tree that grows from `root_id`.

    `parent_id` is the post through which its author came to it: the root, or another node. `inference`
    says how that is known, `confidence` (0..1) how surely. The root itself has no node: its depth is 0.
    """

    __tablename__ = "cascade_nodes"
    __mapper_args__ = known_by("post_id")
    __table_args__ = (
        Index("ix_cascade_nodes_root_id", "root_id", "depth", "post_id"),
        Index("ix_cascade_nodes_parent_id", "parent_id", "post_id"),
        Index("ix_cascade_nodes_account_id", "root_id", "account_id", "post_id"),
    )

    post_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, info=names_own_post("account_id"))
    root_id: Mapped[PostId]
    parent_id: Mapped[PostId]
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id), primary_key=True)
    depth: Mapped[int]
    inference: Mapped[str]
    confidence: Mapped[float]
    created_at: Mapped[Created]
