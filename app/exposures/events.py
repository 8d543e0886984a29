"""What happens to the reach of jobs."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class JobReached(Event):
    """So many different readers as the milestone says were shown the job: 100, 1,000, 10,000 and so on, each once."""

    topic: ClassVar[str] = "job.reached"
    job_id: int
    milestone_id: int
