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
class JobPaused(Event):
    """A job takes no applications for now."""

    topic: ClassVar[str] = "job.paused"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobClosed(Event):
    """A job takes no applications any more: its state, closed or filled, tells why, and stays."""

    topic: ClassVar[str] = "job.closed"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobExpired(Event):
    """The validity of a job has ended; its recruiter may renew it."""

    topic: ClassVar[str] = "job.expired"
    job_id: int


@dataclass(frozen=True, slots=True)
class JobDeleted(Event):
    """A draft is gone."""

    topic: ClassVar[str] = "job.deleted"
    job_id: int
