"""saved searches, what they are found by, and which jobs were told of."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KINDS = "'mention', 'post', 'repost', 'follow', 'follow_request', 'like', 'poll', 'edit', 'quote', 'quoted_edit'"


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("q", sa.String(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("cadence", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("words", postgresql.TSQUERY(), nullable=True),
        sa.Column("city_keys", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("skill_keys", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("workplace_types", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("employment_types", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=True),
        sa.Column("experience_min", sa.BigInteger(), nullable=True),
        sa.Column("experience_max", sa.BigInteger(), nullable=True),
        sa.Column("education", sa.BigInteger(), nullable=True),
        sa.Column("salary_min", sa.BigInteger(), nullable=True),
        sa.Column("salary_max", sa.BigInteger(), nullable=True),
        sa.Column("yearly", sa.Boolean(), nullable=False),
        sa.Column("negotiable", sa.Boolean(), nullable=True),
        sa.Column("posted_within", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("cadence IN ('instant', 'none')", name=op.f("ck_saved_searches_cadence")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_searches_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    op.create_index("ix_saved_searches_account_id", "saved_searches", ["account_id", "id"])
    op.create_table(
        "saved_search_hooks",
        sa.Column("hook", sa.String(), nullable=False),
        sa.Column("search_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["search_id"], ["saved_searches.id"], name=op.f("fk_saved_search_hooks_search_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("hook", "search_id", name=op.f("pk_saved_search_hooks")),
    )
    op.create_index("ix_saved_search_hooks_search_id", "saved_search_hooks", ["search_id"])
    op.create_table(
        "job_alerts",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_job_alerts_account_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_alerts_job_id")),
        sa.PrimaryKeyConstraint("account_id", "job_id", name=op.f("pk_job_alerts")),
    )
    op.add_column("notifications", sa.Column("about", postgresql.JSONB(), nullable=True))
    _allow(f"{_KINDS}, 'job'")


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind = 'job'")
    _allow(_KINDS)
    op.drop_column("notifications", "about")
    op.drop_table("job_alerts")
    op.drop_table("saved_search_hooks")
    op.drop_table("saved_searches")


def _allow(kinds: str) -> None:
    op.execute(
        f"""ALTER TABLE notifications DROP CONSTRAINT ck_notifications_kind,
        ADD CONSTRAINT ck_notifications_kind CHECK (kind IN ({kinds}))"""
    )
