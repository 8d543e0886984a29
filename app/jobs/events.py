"""What happens to jobs."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class JobCreated(Event):
    topic: ClassVar[str] = "job.created"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobPublished(Event):
    topic: ClassVar[str] = "job.published"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobUpdated(Event):
    topic: ClassVar[str] = "job.updated"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobClosed(Event):
    """A job no longer takes applications: paused, closed, filled or expired."""

    topic: ClassVar[str] = "job.closed"
    job_id: int
