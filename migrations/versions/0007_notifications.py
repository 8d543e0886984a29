"""notifications, their policy, permissions and requests."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "notification_permissions",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notification_permissions_account_id")),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"], name=op.f("fk_notification_permissions_from_id")),
        sa.PrimaryKeyConstraint("account_id", "from_id", name=op.f("pk_notification_permissions")),
    )
    op.create_table(
        "notification_policies",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("not_following", sa.String(), server_default=sa.text("'accept'"), nullable=False),
        sa.Column("not_followers", sa.String(), server_default=sa.text("'accept'"), nullable=False),
        sa.Column("new_accounts", sa.String(), server_default=sa.text("'accept'"), nullable=False),
        sa.Column("private_mentions", sa.String(), server_default=sa.text("'filter'"), nullable=False),
        sa.Column("limited_accounts", sa.String(), server_default=sa.text("'filter'"), nullable=False),
        sa.CheckConstraint(
            "limited_accounts IN ('accept', 'filter', 'drop')", name=op.f("ck_notification_policies_limited_accounts")
        ),
        sa.CheckConstraint(
            "new_accounts IN ('accept', 'filter', 'drop')", name=op.f("ck_notification_policies_new_accounts")
        ),
        sa.CheckConstraint(
            "not_followers IN ('accept', 'filter', 'drop')", name=op.f("ck_notification_policies_not_followers")
        ),
        sa.CheckConstraint(
            "not_following IN ('accept', 'filter', 'drop')", name=op.f("ck_notification_policies_not_following")
        ),
        sa.CheckConstraint(
            "private_mentions IN ('accept', 'filter', 'drop')", name=op.f("ck_notification_policies_private_mentions")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notification_policies_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_policies")),
    )
    op.create_table(
        "notification_requests",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("last_post_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notification_requests_account_id")),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"], name=op.f("fk_notification_requests_from_id")),
        sa.ForeignKeyConstraint(["last_post_id"], ["posts.id"], name=op.f("fk_notification_requests_last_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_requests")),
        sa.UniqueConstraint("account_id", "from_id", name="uq_notification_requests_from"),
    )
    op.create_index("ix_notification_requests_account_id", "notification_requests", ["account_id", "id"], unique=False)
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("filtered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("group_key", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('mention', 'post', 'repost', 'follow', 'follow_request', 'like', 'poll', 'edit', 'quote', "
            "'quoted_edit')",
            name=op.f("ck_notifications_kind"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notifications_account_id")),
        sa.ForeignKeyConstraint(["from_id"], ["accounts.id"], name=op.f("fk_notifications_from_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_notifications_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "account_id", "kind", "post_id", "from_id", name="uq_notifications_fact", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index("ix_notifications_account_id", "notifications", ["account_id", "id"], unique=False)
    op.create_index("ix_notifications_from", "notifications", ["account_id", "from_id", "id"], unique=False)
    op.create_index("ix_notifications_group", "notifications", ["account_id", "group_key", "id"], unique=False)
    op.create_index("ix_notifications_post_id", "notifications", ["post_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_notifications_post_id", table_name="notifications")
    op.drop_index("ix_notifications_group", table_name="notifications")
    op.drop_index("ix_notifications_from", table_name="notifications")
    op.drop_index("ix_notifications_account_id", table_name="notifications")
    op.drop_table("notifications")
    op.drop_index("ix_notification_requests_account_id", table_name="notification_requests")
    op.drop_table("notification_requests")
    op.drop_table("notification_policies")
    op.drop_table("notification_permissions")
