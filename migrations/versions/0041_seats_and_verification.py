"""invitations to seats, and the verification of organisations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("organizations", sa.Column("verify_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organizations", sa.Column("lapsed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "seat_invitations",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'recruiter', 'viewer')", name=op.f("ck_seat_invitations_role")),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_seat_invitations_organization_id")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_seat_invitations_account_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["accounts.id"], name=op.f("fk_seat_invitations_invited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_invitations")),
        sa.UniqueConstraint("organization_id", "account_id", name="uq_seat_invitations_account"),
    )
    op.create_index("ix_seat_invitations_account_id", "seat_invitations", ["account_id", "id"])
    op.create_table(
        "verifications",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("credit_code", sa.String(), nullable=False),
        sa.Column("license_no", sa.String(), nullable=True),
        sa.Column("domain", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("evidence_url", sa.String(), nullable=True),
        sa.Column("submitted_by", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewer", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verify_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'verified', 'rejected', 'lapsed')", name=op.f("ck_verifications_state")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_verifications_organization_id")
        ),
        sa.ForeignKeyConstraint(["submitted_by"], ["accounts.id"], name=op.f("fk_verifications_submitted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index("ix_verifications_organization_id", "verifications", ["organization_id", "id"])
    op.create_index(
        "uq_verifications_pending",
        "verifications",
        ["organization_id"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_verifications_credit_code",
        "verifications",
        ["credit_code"],
        postgresql_where=sa.text("state = 'verified'"),
    )


def downgrade() -> None:
    op.drop_table("verifications")
    op.drop_table("seat_invitations")
    op.drop_column("organizations", "lapsed_at")
    op.drop_column("organizations", "verify_due_at")
