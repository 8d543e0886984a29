"""markers and reports."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "markers",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("timeline", sa.String(), nullable=False),
        sa.Column("last_read_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("timeline IN ('home', 'notifications')", name=op.f("ck_markers_timeline")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_markers_account_id")),
        sa.PrimaryKeyConstraint("account_id", "timeline", name=op.f("pk_markers")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("comment", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("post_ids", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("rules", sa.ARRAY(sa.SmallInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("action_taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("category IN ('spam', 'legal', 'violation', 'other')", name=op.f("ck_reports_category")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id")),
        sa.ForeignKeyConstraint(["target_id"], ["accounts.id"], name=op.f("fk_reports_target_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_target_id", "reports", ["target_id", "id"])
    op.create_index("ix_reports_open", "reports", ["id"], postgresql_where=sa.text("action_taken_at IS NULL"))


def downgrade() -> None:
    op.drop_table("reports")
    op.drop_table("markers")
