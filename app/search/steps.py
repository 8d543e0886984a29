"""Steps that jobs are counted at: each count is what the filter of that name and value finds.

They add up: who may do with 3 years finds the jobs that ask for 1 as well, who wants 20,000 also those of 30,000.
"""

from typing import get_args

from app.jobs.schemas import Education

YEARS = (0, 1, 3, 5, 10)
MONTHLY_PAY = (5_000, 10_000, 15_000, 20_000, 30_000, 50_000, 80_000)
YEARLY_PAY = tuple(12 * pay for pay in MONTHLY_PAY)
EDUCATIONS: tuple[str, ...] = get_args(Education)


def education_rank(education: str | None) -> int:
    """How much education a job asks for, from 0: none, or not said."""
    return EDUCATIONS.index(education) if education in EDUCATIONS else 0
