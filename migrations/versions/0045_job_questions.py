"""what recruiters ask those who apply to a job."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0045"
down_revision: str | None = "0044"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "job_questions",
        sa.Column("job_id", sa.BigInteger(), nullable=False),
        sa.Column("questions", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=op.f("fk_job_questions_job_id_jobs")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_questions")),
    )


def downgrade() -> None:
    op.drop_table("job_questions")
