"""the words that an applicant agreed to, kept with the application."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("applications", sa.Column("consent_words", sa.String()))


def downgrade() -> None:
    op.drop_column("applications", "consent_words")
