"""a kind of notification: somebody applied to one's job."""

from collections.abc import Sequence

from alembic import op

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _allow("applied", allow=True)


def downgrade() -> None:
    op.execute("DELETE FROM notifications WHERE kind = 'applied'")
    _allow("applied", allow=False)


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
