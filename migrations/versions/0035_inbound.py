"""Inbound sources of more kinds, polled ones among them; receipts with a history; what sources said of each job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0035"
down_revision: str | None = "0034"

_BEFORE = "'standard', 'greenhouse'"
_KINDS = (
    f"{_BEFORE}, 'ashby', 'smartrecruiters', 'lever', 'workable', 'greenhouse_board', 'ashby_board', "
    "'smartrecruiters_board', 'recruitee', 'comeet', 'xml', 'json_ld'"
)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def upgrade() -> None:
    _allow(_KINDS)
    for column in (
        sa.Column("previous_secret", sa.String(), nullable=True),
        _time("previous_secret_until"),
        sa.Column("mapping", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        _time("disabled_at"),
        _time("deleted_at"),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("api_key", sa.String(), nullable=True),
        sa.Column("interval_minutes", sa.BigInteger(), nullable=True),
        _time("next_poll_at"),
        sa.Column("etag", sa.String(), nullable=True),
        sa.Column("last_modified", sa.String(), nullable=True),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("held", postgresql.JSONB(), nullable=True),
    ):
        op.add_column("inbound_sources", column)
    op.create_index(
        "ix_inbound_sources_next_poll_at",
        "inbound_sources",
        ["next_poll_at"],
        postgresql_where=sa.text("next_poll_at IS NOT NULL"),
    )
    op.alter_column("receipts", "body", nullable=True)
    op.add_column("receipts", sa.Column("envelope", postgresql.JSONB(), nullable=True))
    op.add_column("receipts", sa.Column("summary", postgresql.JSONB(), nullable=True))
    op.add_column("receipts", sa.Column("history", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.create_index(
        "ix_receipts_rejected", "receipts", ["source_id", "id"], postgresql_where=sa.text("status = 'rejected'")
    )
    op.create_index("ix_receipts_bodies", "receipts", ["id"], postgresql_where=sa.text("body IS NOT NULL"))
    _known_jobs()


def _known_jobs() -> None:
    op.create_table(
        "known_jobs",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.String(), nullable=True),
        _time("source_updated_at"),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=True),
        _time("gone_at"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_known_jobs_job_id")),
        sa.ForeignKeyConstraint(["source_id"], ["inbound_sources.id"], name=op.f("fk_known_jobs_source_id")),
        sa.PrimaryKeyConstraint("source_id", "external_id", name=op.f("pk_known_jobs")),
    )
    op.create_index(
        "ix_known_jobs_group_id",
        "known_jobs",
        ["source_id", "group_id"],
        postgresql_where=sa.text("group_id IS NOT NULL"),
    )
    op.execute(
        """INSERT INTO known_jobs (source_id, external_id, job_id, received_at)
        SELECT jobs.source_id, jobs.external_id, jobs.id, jobs.updated_at
        FROM jobs JOIN inbound_sources ON inbound_sources.id = jobs.source_id WHERE jobs.external_id IS NOT NULL"""
    )


def downgrade() -> None:
    op.drop_table("known_jobs")
    op.drop_index("ix_receipts_bodies", table_name="receipts")
    op.drop_index("ix_receipts_rejected", table_name="receipts")
    op.drop_column("receipts", "history")
    op.drop_column("receipts", "summary")
    op.drop_column("receipts", "envelope")
    op.execute("UPDATE receipts SET body = '' WHERE body IS NULL")
    op.alter_column("receipts", "body", nullable=False)
    op.drop_index("ix_inbound_sources_next_poll_at", table_name="inbound_sources")
    for name in (
        *("held", "failures", "last_modified", "etag", "next_poll_at", "interval_minutes", "api_key", "url"),
        *("deleted_at", "disabled_at", "mapping", "previous_secret_until", "previous_secret"),
    ):
        op.drop_column("inbound_sources", name)
    op.execute(
        "DELETE FROM receipts WHERE source_id IN (SELECT id FROM inbound_sources WHERE kind NOT IN (" + _BEFORE + "))"
    )
    op.execute(f"DELETE FROM inbound_sources WHERE kind NOT IN ({_BEFORE})")
    _allow(_BEFORE)


def _allow(kinds: str) -> None:
    op.execute(
        f"""ALTER TABLE inbound_sources DROP CONSTRAINT ck_inbound_sources_kind,
        ADD CONSTRAINT ck_inbound_sources_kind CHECK (kind IN ({kinds}))"""
    )
