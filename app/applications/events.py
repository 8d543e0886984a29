"""What happens to applications."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ApplicationCreated(Event):
    topic: ClassVar[str] = "application.created"
    application_id: int


@dataclass(frozen=True, slots=True)
class ApplicationStageChanged(Event):
    """An application went to another stage; its change says from where, by whom and why."""

    topic: ClassVar[str] = "application.stage_changed"
    application_id: int
    change_id: int


@dataclass(frozen=True, slots=True)
class ApplicationHired(Event):
    """The stage it went to is the last one: someone found work."""

    topic: ClassVar[str] = "application.hired"
    application_id: int
    change_id: int
