"""authors with very many followers, whose posts readers fetch for themselves."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "pulled_authors",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('joining', 'pulled', 'leaving')", name=op.f("ck_pulled_authors_state")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_pulled_authors_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pulled_authors")),
    )


def downgrade() -> None:
    op.drop_table("pulled_authors")
