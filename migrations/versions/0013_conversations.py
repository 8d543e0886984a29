"""conversations of direct posts, one row a participant."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("participant_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("last_post_id", sa.BigInteger(), nullable=False),
        sa.Column("removed_through", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("unread", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_conversations_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("account_id", "thread_id", "participant_ids", name="uq_conversations_participants"),
    )
    op.create_index("ix_conversations_account_id", "conversations", ["account_id", "last_post_id"], unique=False)
    op.create_table(
        "conversation_posts",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_conversation_posts_account_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_posts_conversation_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_conversation_posts_post_id")),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_conversation_posts")),
    )
    op.create_index(
        "ix_conversation_posts_conversation_id", "conversation_posts", ["conversation_id", "post_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_conversation_posts_conversation_id", table_name="conversation_posts")
    op.drop_table("conversation_posts")
    op.drop_index("ix_conversations_account_id", table_name="conversations")
    op.drop_table("conversations")
