"""credit for word of mouth."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_POLICY = "policy IN ('path_geometric', 'last_touch', 'equal', 'none')"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("show_referrals", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.create_table(
        "credit_policies",
        _id(),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("policy", sa.String(), nullable=False),
        _made("updated_at"),
        sa.CheckConstraint(_POLICY, name=op.f("ck_credit_policies_policy")),
        *_links("credit_policies", organization_id="organizations", job_id="jobs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_policies")),
        sa.UniqueConstraint(
            "organization_id", "job_id", name="uq_credit_policies_of", postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "referrals",
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("hop", sa.BigInteger(), nullable=False),
        *_links("referrals", application_id="applications", account_id="accounts"),
        sa.PrimaryKeyConstraint("application_id", "account_id", name=op.f("pk_referrals")),
    )
    op.create_index("ix_referrals_account_id", "referrals", ["account_id"])
    _create_awards()


def _create_awards() -> None:
    op.create_table(
        "referral_awards",
        _id(),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("hired_at", sa.DateTime(timezone=True), nullable=False),
        _made("created_at"),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(_POLICY, name=op.f("ck_referral_awards_policy")),
        *_links("referral_awards", application_id="applications", actor_id="accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_awards")),
        sa.UniqueConstraint("application_id", "generation", name="uq_referral_awards_generation"),
    )
    op.create_index(
        "uq_referral_awards_standing",
        "referral_awards",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("reversed_at IS NULL"),
    )
    op.create_table(
        "referral_credits",
        _id(),
        sa.Column("award_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("hop", sa.BigInteger(), nullable=False),
        sa.Column("basis_points", sa.BigInteger(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("state", sa.String(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('pending', 'confirmed', 'reversed')", name=op.f("ck_referral_credits_state")),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name=op.f("ck_referral_credits_basis_points")),
        *_links("referral_credits", award_id="referral_awards", account_id="accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_credits")),
        sa.UniqueConstraint("award_id", "account_id", name="uq_referral_credits_account"),
    )
    op.create_index("ix_referral_credits_account_id", "referral_credits", ["account_id", "id"])
    op.create_index(
        "ix_referral_credits_pending", "referral_credits", ["award_id"], postgresql_where=sa.text("state = 'pending'")
    )


def downgrade() -> None:
    for table in ("referral_credits", "referral_awards", "referrals", "credit_policies"):
        op.drop_table(table)
    op.drop_column("accounts", "show_referrals")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), server_default=sa.text("weizhi_id()"), nullable=False)


def _made(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _links(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]
