"""What happens to filters."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class FilterChanged(Event):
    """An account made, changed or deleted a filter, or what is in it."""

    topic: ClassVar[str] = "filter.changed"
    filter_id: int
    account_id: int
