"""résumés, who saw applications, and the way on to employers' pages."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_COLUMNS = ("erased_at", "resume_size", "resume_type", "resume_name", "resume_key", "profile", "mode")


def upgrade() -> None:
    op.create_table(
        "resumes",
        _id(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _made(),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_resumes_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resumes")),
    )
    op.create_index("ix_resumes_account_id", "resumes", ["account_id", "id"])
    op.create_index("ix_resumes_key", "resumes", ["key"])
    _widen_applications()
    _create_accesses()
    _create_clicks()


def _widen_applications() -> None:
    for column in (
        sa.Column("mode", sa.String(), server_default=sa.text("'internal'"), nullable=False),
        sa.Column("profile", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("resume_key", sa.String(), nullable=True),
        sa.Column("resume_name", sa.String(), nullable=True),
        sa.Column("resume_type", sa.String(), nullable=True),
        sa.Column("resume_size", sa.BigInteger(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("applications", column)
    op.create_check_constraint(op.f("ck_applications_mode"), "applications", "mode IN ('internal', 'url')")
    op.create_index(
        "ix_applications_resume_key",
        "applications",
        ["resume_key"],
        postgresql_where=sa.text("resume_key IS NOT NULL"),
    )
    op.create_index(
        "ix_applications_ended",
        "applications",
        ["moved_at"],
        postgresql_where=sa.text("erased_at IS NULL AND stage IN ('hired', 'rejected', 'withdrawn')"),
    )


def _create_accesses() -> None:
    op.create_table(
        "application_accesses",
        _id(),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        _made(),
        sa.CheckConstraint("kind IN ('viewed', 'resume')", name=op.f("ck_application_accesses_kind")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_application_accesses_application_id")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_application_accesses_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_accesses")),
        sa.UniqueConstraint("application_id", "account_id", "kind", "quarter", name="uq_application_accesses_quarter"),
    )
    op.create_index("ix_application_accesses_application_id", "application_accesses", ["application_id", "id"])


def _create_clicks() -> None:
    op.create_table(
        "apply_clicks",
        _id(),
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("via_post_id", sa.BigInteger(), nullable=False),
        sa.Column("inference", sa.String(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        _made(),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_apply_clicks_job_id")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_apply_clicks_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_apply_clicks")),
    )
    op.create_index("ix_apply_clicks_job_id", "apply_clicks", ["job_id", "id"])
    op.create_index("ix_apply_clicks_account_id", "apply_clicks", ["account_id", "job_id", "id"])


def downgrade() -> None:
    op.drop_table("apply_clicks")
    op.drop_table("application_accesses")
    op.drop_index("ix_applications_ended", table_name="applications")
    for name in _COLUMNS:
        op.drop_column("applications", name)
    op.drop_table("resumes")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False)


def _made() -> sa.Column[object]:
    return sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
