"""what employers say of themselves, and an index of the jobs that end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("profile", sa.String(), server_default=sa.text("''"), nullable=False))
    op.create_index(
        "ix_jobs_ending",
        "jobs",
        ["valid_through", "id"],
        postgresql_where=sa.text("state IN ('open', 'paused')"),
    )


def downgrade() -> None:
    op.drop_index("ix_jobs_ending", "jobs")
    op.drop_column("organizations", "profile")
