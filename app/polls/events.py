"""What happens to polls."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class PollEnded(Event):
    """Nobody can vote any more: who asked and who voted may want to see the outcome."""

    topic: ClassVar[str] = "poll.ended"
    poll_id: int
