"""introductions, the people they go through, and who may be asked."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN = sa.text("state IN ('requested', 'forwarded')")
_NOW, _NOTHING = sa.text("now()"), sa.text("''")


def _account(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["accounts.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "introduction_preferences",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("may_ask", sa.String(), server_default=sa.text("'everyone'"), nullable=False),
        sa.Column("may_reach", sa.String(), server_default=sa.text("'everyone'"), nullable=False),
        sa.CheckConstraint(
            "may_ask IN ('everyone', 'followed', 'nobody')", name=op.f("ck_introduction_preferences_may_ask")
        ),
        sa.CheckConstraint("may_reach IN ('everyone', 'nobody')", name=op.f("ck_introduction_preferences_may_reach")),
        _account("introduction_preferences", "account_id"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_introduction_preferences")),
    )
    op.create_table(
        "introductions",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'requested'"), nullable=False),
        sa.Column("place", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("declined_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default=_NOTHING, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'forwarded', 'accepted', 'declined', 'withdrawn', 'expired')",
            name=op.f("ck_introductions_state"),
        ),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_introductions_two")),
        _account("introductions", "from_id"),
        _account("introductions", "to_id"),
        _account("introductions", "declined_by"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_introductions_organization_id")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_introductions_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introductions")),
    )
    op.create_index("uq_introductions_open", "introductions", ["from_id", "to_id"], unique=True, postgresql_where=_OPEN)
    op.create_index("ix_introductions_from_id", "introductions", ["from_id", "id"])
    op.create_index("ix_introductions_to_id", "introductions", ["to_id", "id"])
    op.create_index("ix_introductions_expires_at", "introductions", ["expires_at"], postgresql_where=_OPEN)
    op.create_table(
        "introduction_steps",
        sa.Column("introduction_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), server_default=_NOTHING, nullable=False),
        sa.ForeignKeyConstraint(
            ["introduction_id"], ["introductions.id"], name=op.f("fk_introduction_steps_introduction_id")
        ),
        _account("introduction_steps", "account_id"),
        sa.PrimaryKeyConstraint("introduction_id", "place", name=op.f("pk_introduction_steps")),
    )
    op.create_index("ix_introduction_steps_account_id", "introduction_steps", ["account_id", "introduction_id"])
    _allow("introduction", allow=True)


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind = 'introduction'")
    _allow("introduction", allow=False)
    op.drop_table("introduction_steps")
    op.drop_table("introductions")
    op.drop_table("introduction_preferences")


def _allow(kind: str, *, allow: bool) -> None:
    """Allow a kind of notification, or no more, whatever other kinds there are by now."""
    kinds = "SELECT (regexp_matches(said, $q$'([a-z_]+)'$q$, 'g'))[1] AS kind"
    change = f"UNION SELECT '{kind}'" if allow else f"EXCEPT SELECT '{kind}'"
    op.execute(
        f"""DO $$
        DECLARE said text;
        BEGIN
            SELECT pg_get_constraintdef(oid) INTO said FROM pg_constraint WHERE conname = 'ck_notifications_kind';
            SELECT string_agg(quote_literal(kind), ', ') INTO said FROM ({kinds} {change}) AS kinds;
            ALTER TABLE notifications DROP CONSTRAINT ck_notifications_kind;
            EXECUTE 'ALTER TABLE notifications ADD CONSTRAINT ck_notifications_kind CHECK (kind IN (' || said || '))';
        END $$"""
    )
