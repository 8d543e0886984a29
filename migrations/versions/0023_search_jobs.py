"""what jobs are searched by: experience, education, pay of a year, when they were published."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NEW = ("post_id", "experience", "education", "head")


def upgrade() -> None:
    op.add_column("search_jobs", sa.Column("post_id", sa.BigInteger()))
    op.add_column("search_jobs", sa.Column("experience", sa.BigInteger()))
    op.add_column("search_jobs", sa.Column("education", sa.BigInteger()))
    op.add_column("search_jobs", sa.Column("yearly_min", sa.BigInteger()))
    op.add_column("search_jobs", sa.Column("yearly_max", sa.BigInteger()))
    op.add_column("search_jobs", sa.Column("head", postgresql.TSVECTOR()))
    # The wider regions of places, which no SQL knows, come with `weizhi search rebuild`.
    op.execute(
        """
        UPDATE search_jobs SET
            post_id = jobs.post_id, experience = coalesce(jobs.experience_min_years, 0),
            education = coalesce(array_position(
                ARRAY['none', 'high_school', 'associate', 'bachelor', 'master', 'doctor'], jobs.education
            ) - 1, 0),
            yearly_min = search_jobs.monthly_min * coalesce(jobs.salary_months, 12),
            yearly_max = search_jobs.monthly_max * coalesce(jobs.salary_months, 12),
            head = ts_filter(words, '{a,b,c}')
        FROM jobs WHERE jobs.id = search_jobs.id AND jobs.post_id IS NOT NULL
        """
    )
    op.execute("DELETE FROM search_jobs WHERE post_id IS NULL")
    for column in _NEW:
        op.alter_column("search_jobs", column, nullable=False)
    op.create_index("ix_search_jobs_post_id", "search_jobs", ["post_id"], postgresql_where=sa.text("open"))
    op.create_index(
        "ix_search_jobs_yearly_max",
        "search_jobs",
        [sa.text("yearly_max DESC NULLS LAST"), sa.text("post_id DESC")],
        postgresql_where=sa.text("open"),
    )


def downgrade() -> None:
    op.drop_index("ix_search_jobs_yearly_max", table_name="search_jobs")
    op.drop_index("ix_search_jobs_post_id", table_name="search_jobs")
    for column in (*_NEW, "yearly_min", "yearly_max"):
        op.drop_column("search_jobs", column)
