"""The wire of conversations."""

from app.kit.wire import IdOut, WireModel
from app.reading.schemas import AccountOut, StatusOut


class ConversationOut(WireModel):
    """Mastodon's Conversation; `accounts` are the others."""

    id: IdOut
    unread: bool
    accounts: list[AccountOut]
    last_status: StatusOut | None


class NothingOut(WireModel):
    """An empty object."""
