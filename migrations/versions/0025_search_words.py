"""words that misspelt ones in searches for jobs are told by."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Filled by jobs as they are indexed, and by `weizhi search rebuild`.
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("deletions", sa.ARRAY(sa.String()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index(
        "ix_search_words_deletions",
        "search_words",
        ["deletions"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "512"},
    )


def downgrade() -> None:
    op.drop_table("search_words")
