"""suggestions that nobody wants again; who posted last."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "dismissed_suggestions",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_dismissed_suggestions_account_id")),
        sa.ForeignKeyConstraint(["target_id"], ["accounts.id"], name=op.f("fk_dismissed_suggestions_target_id")),
        sa.PrimaryKeyConstraint("account_id", "target_id", name=op.f("pk_dismissed_suggestions")),
    )
    op.create_index("ix_account_stats_last_post_at", "account_stats", ["last_post_at"])


def downgrade() -> None:
    op.drop_index("ix_account_stats_last_post_at", table_name="account_stats")
    op.drop_table("dismissed_suggestions")
