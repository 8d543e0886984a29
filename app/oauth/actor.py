"""Who is calling: the dependency that turns a bearer token into an `Actor` with checked scopes."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant

from app.kit.errors import Forbidden, Unauthorized
from app.oauth import scopes
from app.oauth.known import KnownTokens


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller: an account acting through an app. `home_order`: how it wants its home timeline.

    `log_exposures`: whether it may be noted which jobs it is shown.
    """

    account_id: int
    app_id: int
    scopes: tuple[str, ...]
    home_order: str | None = None
    log_exposures: bool = True


@dataclass(frozen=True, slots=True)
class AppActor:
    """An app calling for itself (client credentials)."""

    app_id: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of a token: one of these scopes, any token if there are none. `anyone`: or no token."""

    one_of: tuple[str, ...]
    anyone: bool


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    message = "This action is outside the authorized scopes"


class AccountRequired(Forbidden):
    code = "account_required"
    message = "This method requires an authenticated user"


# Where a request keeps who is calling, once that is known: an Actor, an AppActor, None or an error.
_KEPT = "weizhi.caller"


async def identify(scope: MutableMapping[str, Any]) -> int | None:
    """The id of the account that calls, for counting; None for strangers, apps and bad tokens. Never raises.

    What it finds out is kept with the request: `authenticate` does not ask again.
    """
    try:
        scope[_KEPT] = await _look_up(Request(scope))
    except Exception as error:
        # Whatever it is, the route that needs a caller raises it, where it is answered.
        scope[_KEPT] = error
    caller = scope[_KEPT]
    return caller.account_id if isinstance(caller, Actor) else None


async def authenticate(request: Request) -> Actor | AppActor | None:
    """The caller named by the Authorization header; None without one. Raises Unauthorized for a bad token."""
    if _KEPT not in request.scope:
        return await _look_up(request)
    caller: Actor | AppActor | Exception | None = request.scope[_KEPT]
    if isinstance(caller, Exception):
        raise caller
    return caller


async def find_caller(request: Request) -> Actor | None:
    """The account that calls; None for strangers, apps and bad tokens. Never raises: for what is not about access."""
    try:
        caller = await authenticate(request)
    except Exception:
        return None
    return caller if isinstance(caller, Actor) else None


def bearer(header: str) -> str | None:
    """The token in an Authorization header; None in any other header."""
    kind, _, token = header.partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


async def _look_up(request: Request) -> Actor | AppActor | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    token = bearer(header)
    if token is None:
        raise Unauthorized
    known: KnownTokens = request.app.state.resources.tokens
    found = await known.find(token)
    if found is None:
        raise Unauthorized
    if found.account_id is None:
        return AppActor(found.app_id, found.scopes)
    return Actor(found.account_id, found.app_id, found.scopes, found.home_order, found.log_exposures)


Caller = Annotated[Actor | AppActor | None, Depends(authenticate)]


def requires(*one_of: str) -> Any:
    """A dependency: the calling `Actor`, an account whose token allows one of the scopes. 401 or 403 otherwise."""

    async def check(caller: Caller) -> Actor:
        if caller is None:
            raise Unauthorized
        _require_scope(caller, one_of)
        if isinstance(caller, AppActor):
            raise AccountRequired
        return caller

    return _documented(check, one_of)


def requires_app(*one_of: str) -> Any:
    """A dependency: an `AppActor` or `Actor` whose token allows one of the scopes; without scopes any token will do."""

    async def check(caller: Caller) -> Actor | AppActor:
        if caller is None:
            raise Unauthorized
        _require_scope(caller, one_of)
        return caller

    return _documented(check, one_of)


def viewer_with(*one_of: str) -> Any:
    """A dependency for what anyone may read: the reader's id, or None. Their token must allow one of the scopes."""

    async def check(caller: Caller) -> int | None:
        if not isinstance(caller, Actor):
            return None
        _require_scope(caller, one_of)
        return caller.account_id

    return _documented(check, one_of, anyone=True)


def tells(*one_of: str, anyone: bool = True) -> Any:
    """A dependency that only tells what the operation asks of a token: it checks that itself."""

    async def check() -> None:
        return None

    check.access = Access(one_of, anyone)  # type: ignore[attr-defined]
    return Depends(check)


def find_access(dependant: Dependant) -> Access | None:
    """What the dependencies of an operation ask of a token; None where nothing does."""
    for inner in dependant.dependencies:
        access: Access | None = getattr(inner.call, "access", None) or find_access(inner)
        if access is not None:
            return access
    return None


def _require_scope(caller: Actor | AppActor, one_of: tuple[str, ...]) -> None:
    if one_of and not any(scopes.allows(caller.scopes, scope) for scope in one_of):
        raise InsufficientScope(f"{InsufficientScope.message}: {' or '.join(one_of)} is needed")


def _documented(check: Callable[..., Awaitable[Any]], one_of: tuple[str, ...], *, anyone: bool = False) -> Any:
    check.__doc__ = f"Needs scope {' or '.join(one_of)}." if one_of else "Needs a token."
    # Tests walk all routes by it: an operation has this, or is listed as public.
    check.scopes = one_of  # type: ignore[attr-defined]
    check.access = Access(one_of, anyone)  # type: ignore[attr-defined]
    return Depends(check)


# For posts, which anyone may read, and a signed-in reader sees more of.
ViewerId = Annotated[int | None, viewer_with("read:statuses")]
