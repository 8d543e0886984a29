"""domains that accounts want nothing of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "domain_blocks",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_domain_blocks_account_id")),
        sa.PrimaryKeyConstraint("account_id", "domain", name=op.f("pk_domain_blocks")),
    )
    op.create_index("ix_domain_blocks_account", "domain_blocks", ["account_id", "id"])


def downgrade() -> None:
    op.drop_table("domain_blocks")
