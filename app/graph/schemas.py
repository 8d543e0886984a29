"""The wire of following."""

from app.kit.wire import RequestModel


class FollowOptions(RequestModel):
    """How to follow; what is absent stays as it is (a new follow shows reposts and does not notify)."""

    reblogs: bool | None = None
    notify: bool | None = None
