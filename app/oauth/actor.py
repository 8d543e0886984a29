"""Who is calling: the dependency that turns a bearer token into an `Actor` with checked scopes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from app.kit.db import Database
from app.kit.errors import Forbidden, Unauthorized
from app.oauth import scopes
from app.oauth.queries import find_actor


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller: an account acting through an app."""

    account_id: int
    app_id: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AppActor:
    """An app calling for itself (client credentials)."""

    app_id: int
    scopes: tuple[str, ...]


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    message = "This action is outside the authorized scopes"


class AccountRequired(Forbidden):
    code = "account_required"
    message = "This method requires an authenticated user"


async def authenticate(request: Request) -> Actor | AppActor | None:
    """The caller named by the Authorization header; None without one. Raises Unauthorized for a bad token."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized
    db: Database = request.app.state.resources.db
    # The connection goes back to the pool before the route asks for one of its own: a request that held
    # two could wait for itself.
    async with db.reading() as session:
        found = await find_actor(session, token=token.strip())
    if found is None:
        raise Unauthorized
    app_id, account_id, granted = found
    return Actor(account_id, app_id, granted) if account_id is not None else AppActor(app_id, granted)


Caller = Annotated[Actor | AppActor | None, Depends(authenticate)]


def requires(scope: str) -> Any:
    """A dependency: the calling `Actor`, an account whose token allows `scope`. 401 or 403 otherwise."""

    async def check(caller: Caller) -> Actor:
        if caller is None:
            raise Unauthorized
        if not scopes.allows(caller.scopes, scope):
            raise InsufficientScope(f"{InsufficientScope.message}: {scope} is needed")
        if isinstance(caller, AppActor):
            raise AccountRequired
        return caller

    return _documented(check, scope)


def requires_app(scope: str) -> Any:
    """A dependency: an `AppActor` or `Actor` whose token allows `scope`."""

    async def check(caller: Caller) -> Actor | AppActor:
        if caller is None:
            raise Unauthorized
        if not scopes.allows(caller.scopes, scope):
            raise InsufficientScope(f"{InsufficientScope.message}: {scope} is needed")
        return caller

    return _documented(check, scope)


async def _viewer_id(caller: Caller) -> int | None:
    return caller.account_id if isinstance(caller, Actor) else None


# For what anyone may read, and a signed-in reader sees more of.
ViewerId = Annotated[int | None, Depends(_viewer_id)]


def _documented(check: Callable[..., Awaitable[Any]], scope: str) -> Any:
    check.__doc__ = f"Needs scope {scope}."
    check.scope = scope  # type: ignore[attr-defined]
    return Depends(check)
