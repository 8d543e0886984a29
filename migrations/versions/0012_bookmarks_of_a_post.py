"""find the bookmarks of a post, to drop them when it is deleted."""

from collections.abc import Sequence

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_bookmarks_post_id", "bookmarks", ["post_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_bookmarks_post_id", table_name="bookmarks")
