"""The wire of topics."""

from typing import Annotated

from pydantic import Field

from app.kit.wire import IdOut, RequestModel, WireModel


class FeaturedTagCreate(RequestModel):
    """A topic to show on one's profile, with or without `#`."""

    name: Annotated[str, Field(min_length=1, max_length=110)]


class FeaturedTagOut(WireModel):
    """Mastodon's FeaturedTag: a topic on a profile, with how often its owner used it where all can see."""

    id: IdOut
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None
