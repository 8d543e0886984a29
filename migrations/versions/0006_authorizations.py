"""authorization codes, refresh tokens, browser sessions; tokens that end."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ID = sa.text("weizhi_id()")
_NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", sa.BigInteger(), server_default=_ID, nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("code_challenge", sa.String(), nullable=True),
        sa.Column("scopes", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_authorizations_account_id")),
        sa.ForeignKeyConstraint(["app_id"], ["apps.id"], name=op.f("fk_authorizations_app_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorizations")),
        sa.UniqueConstraint("code", name=op.f("uq_authorizations_code")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.BigInteger(), server_default=_ID, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("authorization_id", sa.BigInteger(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["authorization_id"], ["authorizations.id"], name=op.f("fk_refresh_tokens_authorization_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_refresh_tokens_fingerprint")),
    )
    op.create_index("ix_refresh_tokens_authorization_id", "refresh_tokens", ["authorization_id"], unique=False)
    op.create_table(
        "browser_sessions",
        sa.Column("id", sa.BigInteger(), server_default=_ID, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=_NOW, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_browser_sessions_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_browser_sessions")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_browser_sessions_fingerprint")),
    )
    op.add_column("tokens", sa.Column("authorization_id", sa.BigInteger(), nullable=True))
    op.add_column("tokens", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
    op.create_foreign_key(op.f("fk_tokens_authorization_id"), "tokens", "authorizations", ["authorization_id"], ["id"])
    op.create_index("ix_tokens_authorization_id", "tokens", ["authorization_id"], unique=False)


def downgrade() -> None:
    op.drop_column("tokens", "expires_at")
    op.drop_column("tokens", "authorization_id")
    op.drop_table("browser_sessions")
    op.drop_table("refresh_tokens")
    op.drop_table("authorizations")
