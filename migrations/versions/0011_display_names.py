"""find accounts by display name, for mentions like @张伟."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_accounts_display_name", "accounts", [sa.text("lower(display_name)")])


def downgrade() -> None:
    op.drop_index("ix_accounts_display_name", table_name="accounts")
