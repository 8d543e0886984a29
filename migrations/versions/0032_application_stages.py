"""what became of applications, and notifications of that."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_STAGES = "'applied', 'screen', 'interview', 'offer', 'hired', 'rejected', 'withdrawn'"
_NEW = ("application", "referral")


def upgrade() -> None:
    op.create_table(
        "application_changes",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("note", sa.String(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(f"stage IN ({_STAGES})", name=op.f("ck_application_changes_stage")),
        sa.CheckConstraint(f"previous IN ({_STAGES})", name=op.f("ck_application_changes_previous")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_application_changes_application_id")
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_application_changes_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_changes")),
    )
    op.create_index("ix_application_changes_application_id", "application_changes", ["application_id", "id"])
    op.add_column(
        "applications",
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.execute("UPDATE applications SET moved_at = created_at")
    op.execute(
        """INSERT INTO application_changes (application_id, actor_id, stage, created_at)
        SELECT id, applicant_id, 'applied', created_at FROM applications ORDER BY id"""
    )
    _allow(("job", *_NEW), ("job",))


def downgrade() -> None:
    op.execute(f"DELETE FROM notifications WHERE kind IN {_NEW}")
    _allow(("job",), ("job", *_NEW))
    op.drop_column("applications", "moved_at")
    op.drop_table("application_changes")


def _allow(kinds: Sequence[str], instead_of: Sequence[str]) -> None:
    """Change the kinds at the end of the constraint, whatever others it has by now."""
    old, new = (", ".join(f"''{kind}''::character varying" for kind in words) for words in (instead_of, kinds))
    op.execute(
        f"""DO $$
        DECLARE said text;
        BEGIN
            SELECT pg_get_constraintdef(oid) INTO said FROM pg_constraint WHERE conname = 'ck_notifications_kind';
            said := replace(said, '{old}', '{new}');
            ALTER TABLE notifications DROP CONSTRAINT ck_notifications_kind;
            EXECUTE 'ALTER TABLE notifications ADD CONSTRAINT ck_notifications_kind ' || said;
        END $$"""
    )
