"""The wire of notifications: Mastodon's entities."""

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel
from app.reading.schemas import AccountOut, StatusOut


class NotificationOut(WireModel):
    """Mastodon's Notification. `filtered` is there when the policy keeps it from the list."""

    id: IdOut
    type: str
    created_at: Time
    group_key: str
    account: AccountOut
    status: StatusOut | None = None
    filtered: bool | None = None


class Dismissal(RequestModel):
    """The notification to forget."""

    id: IdIn


class CountOut(WireModel):
    """How many."""

    count: int


class NothingOut(WireModel):
    """An empty object."""
