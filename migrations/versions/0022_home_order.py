"""accounts say in which order they read their home timelines."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("home_order", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_accounts_home_order"), "accounts", "home_order IN ('chronological', 'calm')")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_accounts_home_order"), "accounts")
    op.drop_column("accounts", "home_order")
