"""what tells whether a document in the index is the one it should be."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TABLES = ("search_posts", "search_jobs")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("digest", sa.String(), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        op.drop_column(table, "digest")
