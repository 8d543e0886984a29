"""scheduled posts, and the media they will have."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "scheduled_posts",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=True),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("media_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_scheduled_posts_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheduled_posts")),
    )
    op.create_index("ix_scheduled_posts_account_id", "scheduled_posts", ["account_id", "id"], unique=False)
    op.create_index("ix_scheduled_posts_day", "scheduled_posts", ["account_id", "scheduled_at"], unique=False)
    op.add_column("media", sa.Column("reserved_for", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_media_reserved_for",
        "media",
        ["reserved_for"],
        unique=False,
        postgresql_where=sa.text("reserved_for IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_media_reserved_for", table_name="media", postgresql_where=sa.text("reserved_for IS NOT NULL"))
    op.drop_column("media", "reserved_for")
    op.drop_table("scheduled_posts")
