"""media: uploaded pictures and films."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=True),
        sa.Column("preview", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("blurhash", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("unattached_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('image', 'gifv', 'video', 'unknown')", name=op.f("ck_media_kind")),
        sa.CheckConstraint("state IN ('processing', 'ready', 'failed')", name=op.f("ck_media_state")),
        sa.CheckConstraint("(post_id IS NULL) = (unattached_at IS NOT NULL)", name=op.f("ck_media_attached")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_media_account_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_media_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("file", name=op.f("uq_media_file")),
        sa.UniqueConstraint("preview", name=op.f("uq_media_preview")),
        sa.UniqueConstraint("source", name=op.f("uq_media_source")),
    )
    op.create_index(
        "ix_media_post_id", "media", ["post_id"], unique=False, postgresql_where=sa.text("post_id IS NOT NULL")
    )
    op.create_index(
        "ix_media_unattached_at",
        "media",
        ["unattached_at"],
        unique=False,
        postgresql_where=sa.text("unattached_at IS NOT NULL"),
    )
    op.create_index("ix_media_account_id", "media", ["account_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("media")
