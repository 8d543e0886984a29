"""What the worker tells open streams. Nobody waits for it: when the channel is away, the message is dropped."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.kit import log
from app.streaming.broadcast import Broadcast, BroadcastUnavailable, Message, Topic

logger = log.logger(__name__)


async def announce(
    broadcast: Broadcast,
    topic: Topic,
    payloads: Sequence[Mapping[str, Any]],
    *,
    id: str = "post_id",
    account_id: str | None = None,
) -> None:
    """Broadcast one message for each payload; `id` and `account_id` name its fields."""
    messages = [Message(topic, payload[id], payload[account_id] if account_id else None) for payload in payloads]
    try:
        await broadcast.publish(messages)
    except BroadcastUnavailable:
        logger.warning("open streams were not told", topic=topic, ids=[message.id for message in messages])
