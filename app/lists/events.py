"""What happens to lists."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ListCreated(Event):
    topic: ClassVar[str] = "list.created"
    list_id: int


@dataclass(frozen=True, slots=True)
class ListChanged(Event):
    """Its title, its policies or its members are others now."""

    topic: ClassVar[str] = "list.changed"
    list_id: int


@dataclass(frozen=True, slots=True)
class ListDeleted(Event):
    topic: ClassVar[str] = "list.deleted"
    list_id: int
