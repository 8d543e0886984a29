"""which jobs readers were shown, and through which posts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("log_exposures", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.create_index("ix_cascade_nodes_account_id", "cascade_nodes", ["root_id", "account_id", "post_id"])
    op.create_table(
        "exposures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("via_id", sa.BigInteger(), nullable=False),
        sa.Column("viewer_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("surface", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("known_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["viewer_id"], ["accounts.id"], name=op.f("fk_exposures_viewer_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("day", "root_id", "via_id", "viewer_id", name=op.f("pk_exposures")),
    )
    op.create_index("ix_exposures_viewer_id", "exposures", ["viewer_id", "root_id", "day"])
    op.create_table(
        "hop_days",
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("via_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("shown", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("opened", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("root_id", "via_id", "day", name=op.f("pk_hop_days")),
    )
    op.create_index("ix_hop_days_day", "hop_days", ["root_id", "day"])
    op.create_table(
        "reach_sketches",
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root_id", "depth", name=op.f("pk_reach_sketches")),
    )
    op.create_table(
        "reach_milestones",
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("reach", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("root_id", "reach", name=op.f("pk_reach_milestones")),
    )
    op.create_table(
        "card_keys",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_card_keys")),
    )


def downgrade() -> None:
    for table in ("card_keys", "reach_milestones", "reach_sketches", "hop_days", "exposures"):
        op.drop_table(table)
    op.drop_index("ix_cascade_nodes_account_id", "cascade_nodes")
    op.drop_column("accounts", "log_exposures")
