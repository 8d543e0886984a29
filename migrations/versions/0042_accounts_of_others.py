"""name other people's accounts without foreign keys: only one's own account lies in one's own shard.

Locks the tables for a moment each. The version before goes on working with it.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0042"
down_revision: str | None = "0041"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TO_OTHERS = {
    "posts": "in_reply_to_account_id",
    "poll_votes": "account_id",
    "follows": "followee_id",
    "follow_requests": "followee_id",
    "blocks": "target_id",
    "mutes": "target_id",
    "account_notes": "target_id",
    "endorsements": "target_id",
    "dismissed_suggestions": "target_id",
    "notifications": "from_id",
    "notification_permissions": "from_id",
    "notification_requests": "from_id",
    "list_members": "account_id",
}


def upgrade() -> None:
    for table, column in _TO_OTHERS.items():
        op.drop_constraint(f"fk_{table}_{column}", table, type_="foreignkey")


def downgrade() -> None:
    for table, column in _TO_OTHERS.items():
        op.create_foreign_key(f"fk_{table}_{column}", table, "accounts", [column], ["id"])
