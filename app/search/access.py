"""What search routes share: the index, and who may search."""

from typing import Annotated

from fastapi import Depends, Request

from app.oauth import scopes
from app.oauth.actor import Actor, AppActor, InsufficientScope
from app.search.index import SearchIndex


def _index(request: Request) -> SearchIndex:
    index: SearchIndex = request.app.state.resources.index
    return index


Index = Annotated[SearchIndex, Depends(_index)]


def searcher(caller: Actor | AppActor | None) -> int | None:
    """Who searches; anyone may, but a token must allow it: raises InsufficientScope."""
    if caller is not None and not scopes.allows(caller.scopes, "read:search"):
        raise InsufficientScope(f"{InsufficientScope.message}: read:search is needed")
    return caller.account_id if isinstance(caller, Actor) else None
