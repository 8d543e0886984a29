"""topics on profiles; posts' topics by post."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "featured_tags",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_featured_tags_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_featured_tags")),
        sa.UniqueConstraint("account_id", "tag", name=op.f("uq_featured_tags_account_id_tag")),
    )
    op.create_index("ix_post_tags_post_id", "post_tags", ["post_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_post_tags_post_id", table_name="post_tags")
    op.drop_table("featured_tags")
