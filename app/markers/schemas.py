"""The wire of markers."""

from app.kit.wire import IdIn, IdOut, RequestModel, Time, WireModel


class Position(RequestModel):
    """The last entry that was read."""

    last_read_id: IdIn | None = None


class MarkersUpdate(RequestModel):
    """Where the reader stopped; a timeline that is absent stays as it is."""

    home: Position | None = None
    notifications: Position | None = None

    @property
    def positions(self) -> dict[str, int]:
        """The ids given, by timeline."""
        given = {"home": self.home, "notifications": self.notifications}
        return {
            name: position.last_read_id
            for name, position in given.items()
            if position is not None and position.last_read_id is not None
        }


class MarkerOut(WireModel):
    """Mastodon's Marker."""

    last_read_id: IdOut
    version: int
    updated_at: Time
