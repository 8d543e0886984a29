"""whose feeds a post goes to is read from the index of follows alone."""

from collections.abc import Sequence

from alembic import op

revision: str = "0047"
down_revision: str | None = "0046"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _index(" INCLUDE (reposts)")


def downgrade() -> None:
    _index("")


def _index(more: str) -> None:
    op.execute("DROP INDEX ix_follows_followee_id")
    op.execute(f"CREATE INDEX ix_follows_followee_id ON follows (followee_id, follower_id){more}")
