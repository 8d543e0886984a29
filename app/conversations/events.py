"""What happens to conversations."""

from dataclasses import dataclass
from typing import ClassVar

from app.outbox.publish import Event


@dataclass(frozen=True, slots=True)
class ConversationUpdated(Event):
    """One participant's view of a conversation has a new last post, or lost one."""

    topic: ClassVar[str] = "conversation.updated"
    conversation_id: int
    account_id: int
