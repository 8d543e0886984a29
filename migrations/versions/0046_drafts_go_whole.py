"""what hangs on a draft goes with it: how its hires would be shared out, what applicants would be asked."""

from collections.abc import Sequence

from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _refer("credit_policies", "fk_credit_policies_job_id", "fk_credit_policies_job_id", " ON DELETE CASCADE")
    _refer("job_questions", "fk_job_questions_job_id_jobs", "fk_job_questions_job_id", " ON DELETE CASCADE")


def downgrade() -> None:
    _refer("credit_policies", "fk_credit_policies_job_id", "fk_credit_policies_job_id", "")
    _refer("job_questions", "fk_job_questions_job_id", "fk_job_questions_job_id_jobs", "")


def _refer(table: str, before: str, name: str, then: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {before}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (job_id) REFERENCES jobs (id){then}")
