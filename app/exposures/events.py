"""What happens to the reach of jobs."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class JobReachMilestone(Event):
    """So many different readers were shown the job; told once for each of 100, 1,000, 10,000 and so on."""

    topic: ClassVar[str] = "job.reach_milestone"
    job_id: int
    reach: int
