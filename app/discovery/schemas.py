"""Answers about people and posts one may like to know."""

from typing import Literal

from app.kit.wire import IdOut, WireModel
from app.reading.schemas import AccountOut

Source = Literal["friends_of_friends", "most_followed"]


class SuggestionOut(WireModel):
    """Mastodon's Suggestion: someone one may like to follow, and why. `source` is the older word for it."""

    source: Literal["past_interactions", "global"]
    sources: list[Source]
    account: AccountOut


class FamiliarFollowersOut(WireModel):
    """Who of those one follows follows an account."""

    id: IdOut
    accounts: list[AccountOut]


class OEmbedOut(WireModel):
    """A post as oEmbed tells it (type `rich`)."""

    type: Literal["rich"] = "rich"
    version: str = "1.0"
    title: str
    author_name: str
    author_url: str
    provider_name: str
    provider_url: str
    cache_age: int = 86_400
    html: str
    width: int
    height: int | None = None
