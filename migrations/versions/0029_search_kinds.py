"""posts of a kind and jobs of a workplace are found without reading the others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_search_posts_kind", "search_posts", ["kind", "id"])
    op.create_index(
        "ix_search_jobs_workplace_type", "search_jobs", ["workplace_type", "post_id"], postgresql_where=sa.text("open")
    )


def downgrade() -> None:
    op.drop_index("ix_search_jobs_workplace_type", "search_jobs")
    op.drop_index("ix_search_posts_kind", "search_posts")
