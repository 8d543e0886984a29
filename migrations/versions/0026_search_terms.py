"""what searches for jobs are completed to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Counted as jobs are indexed, and by `weizhi search rebuild`.
    op.add_column(
        "search_jobs", sa.Column("terms", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.create_table(
        "search_terms",
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("term", name=op.f("pk_search_terms")),
    )
    op.create_table(
        "search_term_starts",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "start", "term", name=op.f("pk_search_term_starts")),
    )


def downgrade() -> None:
    op.drop_table("search_term_starts")
    op.drop_table("search_terms")
    op.drop_column("search_jobs", "terms")
