"""the first tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Ids rise with time and never repeat, whichever process asks: milliseconds since 1970, then a running
# number. clock_timestamp(), not now(): rows of one long transaction differ too.
IDS = """
CREATE SEQUENCE weizhi_ids AS bigint CYCLE MINVALUE 0 MAXVALUE 65535;
CREATE FUNCTION weizhi_id() RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT (floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint << 16) | nextval('weizhi_ids') $$
"""


def upgrade() -> None:
    for statement in IDS.strip().split(";\n"):
        op.execute(statement)
    op.create_table(
        "accounts",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("display_name", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("headline", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("bot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("discoverable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
        sa.UniqueConstraint("handle", name=op.f("uq_accounts_handle")),
    )
    op.create_table(
        "apps",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("client_secret", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("website", sa.String(), nullable=True),
        sa.Column("redirect_uris", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apps")),
        sa.UniqueConstraint("client_id", name=op.f("uq_apps_client_id")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_object", "audit_log", ["object_id", "id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("object_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "operation", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("starts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("died_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'leased', 'dead')", name=op.f("ck_tasks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_due", "tasks", ["run_at", "id"], unique=False, postgresql_where=sa.text("state <> 'dead'")
    )
    op.create_index("ix_tasks_lease", "tasks", ["lease"], unique=False, postgresql_where=sa.text("state = 'leased'"))
    op.create_index(
        "uq_tasks_waiting_key", "tasks", ["handler", "key"], unique=True, postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "account_stats",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("followers_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("following_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("posts_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_account_stats_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_stats")),
    )
    op.create_index("ix_account_stats_followers_count", "account_stats", ["followers_count"], unique=False)
    op.create_table(
        "follows",
        sa.Column("follower_id", sa.BigInteger(), nullable=False),
        sa.Column("followee_id", sa.BigInteger(), nullable=False),
        sa.Column("reposts", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("notify", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["followee_id"], ["accounts.id"], name=op.f("fk_follows_followee_id")),
        sa.ForeignKeyConstraint(["follower_id"], ["accounts.id"], name=op.f("fk_follows_follower_id")),
        sa.PrimaryKeyConstraint("follower_id", "followee_id", name=op.f("pk_follows")),
    )
    op.create_index("ix_follows_followee_id", "follows", ["followee_id", "follower_id"], unique=False)
    op.create_table(
        "organizations",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name=op.f("fk_organizations_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "posts",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), server_default=sa.text("'post'"), nullable=False),
        sa.Column("text", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("spoiler_text", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("visibility", sa.String(), server_default=sa.text("'public'"), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("in_reply_to_id", sa.BigInteger(), nullable=True),
        sa.Column("in_reply_to_account_id", sa.BigInteger(), nullable=True),
        sa.Column("repost_of_id", sa.BigInteger(), nullable=True),
        sa.Column("quote_of_id", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("mentions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'repost') = (repost_of_id IS NOT NULL)", name=op.f("ck_posts_repost")),
        sa.CheckConstraint("kind IN ('post', 'repost', 'quote', 'job')", name=op.f("ck_posts_kind")),
        sa.CheckConstraint(
            "visibility IN ('public', 'unlisted', 'private', 'direct')", name=op.f("ck_posts_visibility")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_posts_author_id")),
        sa.ForeignKeyConstraint(
            ["in_reply_to_account_id"], ["accounts.id"], name=op.f("fk_posts_in_reply_to_account_id")
        ),
        sa.ForeignKeyConstraint(["in_reply_to_id"], ["posts.id"], name=op.f("fk_posts_in_reply_to_id")),
        sa.ForeignKeyConstraint(["quote_of_id"], ["posts.id"], name=op.f("fk_posts_quote_of_id")),
        sa.ForeignKeyConstraint(["repost_of_id"], ["posts.id"], name=op.f("fk_posts_repost_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
    )
    op.create_index(
        "ix_posts_author_id", "posts", ["author_id", "id"], unique=False, postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_index("ix_posts_in_reply_to_id", "posts", ["in_reply_to_id", "id"], unique=False)
    op.create_index(
        "ix_posts_public",
        "posts",
        ["id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL AND visibility = 'public' AND kind <> 'repost'"),
    )
    op.create_index("ix_posts_quote_of_id", "posts", ["quote_of_id", "id"], unique=False)
    op.create_index("ix_posts_repost_of_id", "posts", ["repost_of_id", "id"], unique=False)
    op.create_index(
        "ix_posts_reposts",
        "posts",
        ["author_id", "id"],
        unique=False,
        postgresql_where=sa.text("kind = 'repost' AND deleted_at IS NULL"),
        postgresql_include=["repost_of_id"],
    )
    op.create_index(
        "uq_posts_repost",
        "posts",
        ["author_id", "repost_of_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_tokens_account_id")),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_tokens_app_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_tokens_fingerprint")),
    )
    op.create_index("ix_tokens_account_id", "tokens", ["account_id"], unique=False)
    op.create_table(
        "cascade_nodes",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("root_id", sa.BigInteger(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.BigInteger(), nullable=False),
        sa.Column("inference", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_cascade_nodes_account_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["posts.id"], name=op.f("fk_cascade_nodes_parent_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_cascade_nodes_post_id")),
        sa.ForeignKeyConstraint(["root_id"], ["posts.id"], name=op.f("fk_cascade_nodes_root_id")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_cascade_nodes")),
    )
    op.create_index("ix_cascade_nodes_parent_id", "cascade_nodes", ["parent_id", "post_id"], unique=False)
    op.create_index("ix_cascade_nodes_root_id", "cascade_nodes", ["root_id", "depth", "post_id"], unique=False)
    op.create_table(
        "inbound_sources",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("defaults", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.CheckConstraint("kind IN ('standard', 'greenhouse')", name=op.f("ck_inbound_sources_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_inbound_sources_account_id")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_inbound_sources_organization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_sources")),
    )
    op.create_index("ix_inbound_sources_organization_id", "inbound_sources", ["organization_id"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'draft'"), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description_html", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("requirements", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("headcount", sa.BigInteger(), nullable=True),
        sa.Column("locations", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("workplace_type", sa.String(), server_default=sa.text("'on_site'"), nullable=False),
        sa.Column("employment_type", sa.String(), server_default=sa.text("'FULL_TIME'"), nullable=False),
        sa.Column("salary_currency", sa.String(), nullable=True),
        sa.Column("salary_min", sa.BigInteger(), nullable=True),
        sa.Column("salary_max", sa.BigInteger(), nullable=True),
        sa.Column("salary_interval", sa.String(), nullable=True),
        sa.Column("salary_months", sa.BigInteger(), nullable=True),
        sa.Column("salary_negotiable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("monthly_min", sa.BigInteger(), nullable=True),
        sa.Column("monthly_max", sa.BigInteger(), nullable=True),
        sa.Column("experience_min_years", sa.BigInteger(), nullable=True),
        sa.Column("education", sa.String(), nullable=True),
        sa.Column("skills", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("apply_url", sa.String(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.Column("assumed", sa.ARRAY(sa.String()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state = 'draft' OR post_id IS NOT NULL OR published_at IS NULL", name=op.f("ck_jobs_published")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'paused', 'closed', 'filled', 'expired')", name=op.f("ck_jobs_state")
        ),
        sa.CheckConstraint("workplace_type IN ('on_site', 'hybrid', 'remote')", name=op.f("ck_jobs_workplace_type")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_jobs_author_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_jobs_organization_id")),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_jobs_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("post_id", name=op.f("uq_jobs_post_id")),
    )
    op.create_index("ix_jobs_author_id", "jobs", ["author_id", "id"], unique=False)
    op.create_index("ix_jobs_organization_id", "jobs", ["organization_id", "id"], unique=False)
    op.create_index("uq_jobs_external", "jobs", ["source_id", "external_id"], unique=True)
    op.create_table(
        "post_stats",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("replies_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reposts_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quotes_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("likes_count", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "heat",
            sa.BigInteger(),
            sa.Computed(
                "1 + likes_count + 2 * (reposts_count + quotes_count) + 3 * replies_count",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_post_stats_post_id")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_stats")),
    )
    op.create_table(
        "seats",
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), server_default=sa.text("'owner'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'recruiter', 'viewer')", name=op.f("ck_seats_role")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_seats_account_id")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_seats_organization_id")),
        sa.PrimaryKeyConstraint("organization_id", "account_id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_account_id", "seats", ["account_id"], unique=False)
    op.create_table(
        "applications",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("applicant_id", sa.BigInteger(), nullable=False),
        sa.Column("via_post_id", sa.BigInteger(), nullable=False),
        sa.Column("inference", sa.String(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("stage", sa.String(), server_default=sa.text("'applied'"), nullable=False),
        sa.Column("message", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("consent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "stage IN ('applied', 'screen', 'interview', 'offer', 'hired', 'rejected', 'withdrawn')",
            name=op.f("ck_applications_stage"),
        ),
        sa.ForeignKeyConstraint(["applicant_id"], ["accounts.id"], name=op.f("fk_applications_applicant_id")),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_applications_job_id")),
        sa.ForeignKeyConstraint(["via_post_id"], ["posts.id"], name=op.f("fk_applications_via_post_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
    )
    op.create_index("ix_applications_job_id", "applications", ["job_id", "id"], unique=False)
    op.create_index("ix_applications_applicant_id", "applications", ["applicant_id", "id"], unique=False)
    op.create_index("ix_applications_via_post_id", "applications", ["via_post_id"], unique=False)
    op.create_index(
        "uq_applications_active",
        "applications",
        ["job_id", "applicant_id"],
        unique=True,
        postgresql_where=sa.text("stage <> 'withdrawn'"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default=sa.text("'rejected'"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("error", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_receipts_job_id")),
        sa.ForeignKeyConstraint(["source_id"], ["inbound_sources.id"], name=op.f("fk_receipts_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("source_id", "message_id", name=op.f("uq_receipts_source_id_message_id")),
    )
    op.create_index("ix_receipts_source_id", "receipts", ["source_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_receipts_source_id", table_name="receipts")
    op.drop_table("receipts")
    op.drop_index("uq_applications_active", table_name="applications", postgresql_where=sa.text("stage <> 'withdrawn'"))
    op.drop_index("ix_applications_via_post_id", table_name="applications")
    op.drop_index("ix_applications_applicant_id", table_name="applications")
    op.drop_table("applications")
    op.drop_index("ix_seats_account_id", table_name="seats")
    op.drop_table("seats")
    op.drop_table("post_stats")
    op.drop_index("uq_jobs_external", table_name="jobs")
    op.drop_index("ix_jobs_organization_id", table_name="jobs")
    op.drop_index("ix_jobs_author_id", table_name="jobs")
    op.drop_table("jobs")
    op.drop_index("ix_inbound_sources_organization_id", table_name="inbound_sources")
    op.drop_table("inbound_sources")
    op.drop_index("ix_cascade_nodes_root_id", table_name="cascade_nodes")
    op.drop_index("ix_cascade_nodes_parent_id", table_name="cascade_nodes")
    op.drop_table("cascade_nodes")
    op.drop_index("ix_tokens_account_id", table_name="tokens")
    op.drop_table("tokens")
    op.drop_index("uq_posts_repost", table_name="posts", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_posts_repost_of_id", table_name="posts")
    op.drop_index("ix_posts_quote_of_id", table_name="posts")
    op.drop_index(
        "ix_posts_public",
        table_name="posts",
        postgresql_where=sa.text("deleted_at IS NULL AND visibility = 'public' AND kind <> 'repost'"),
    )
    op.drop_index("ix_posts_in_reply_to_id", table_name="posts")
    op.drop_index("ix_posts_author_id", table_name="posts", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("posts")
    op.drop_table("organizations")
    op.drop_index("ix_follows_followee_id", table_name="follows")
    op.drop_table("follows")
    op.drop_index("ix_account_stats_followers_count", table_name="account_stats")
    op.drop_table("account_stats")
    op.drop_index("uq_tasks_waiting_key", table_name="tasks", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index("ix_tasks_due", table_name="tasks", postgresql_where=sa.text("state <> 'dead'"))
    op.drop_table("tasks")
    op.drop_table("outbox_events")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_audit_log_object", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("apps")
    op.drop_table("accounts")
    op.execute("DROP FUNCTION weizhi_id()")
    op.execute("DROP SEQUENCE weizhi_ids")
