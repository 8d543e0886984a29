"""follows that ask to hear of each post, found without looking at all the others."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_follows_notify", "follows", ["followee_id", "follower_id"], postgresql_where=sa.text("notify"))


def downgrade() -> None:
    op.drop_index("ix_follows_notify", table_name="follows")
