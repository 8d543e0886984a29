"""the PostgreSQL search engine's tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "search_posts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("has_link", sa.Boolean(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_posts")),
    )
    op.create_index("ix_search_posts_author_id", "search_posts", ["author_id", "id"], unique=False)
    _create_gin("search_posts", "words")
    op.create_table(
        "search_jobs",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organization_id", sa.BigInteger(), nullable=False),
        sa.Column("workplace_type", sa.String(), nullable=False),
        sa.Column("employment_type", sa.String(), nullable=False),
        sa.Column("cities", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("city_keys", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("skills", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("skill_keys", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("monthly_min", sa.BigInteger(), nullable=True),
        sa.Column("monthly_max", sa.BigInteger(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_jobs")),
    )
    op.create_index("ix_search_jobs_organization_id", "search_jobs", ["organization_id", "id"], unique=False)
    _create_gin("search_jobs", "words")
    _create_gin("search_jobs", "city_keys")
    _create_gin("search_jobs", "skill_keys")


def downgrade() -> None:
    op.drop_table("search_jobs")
    op.drop_table("search_posts")


def _create_gin(table: str, column: str) -> None:
    op.create_index(
        f"ix_{table}_{column}",
        table,
        [column],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "512"},
    )
