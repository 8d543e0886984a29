"""The authorization request: what an app asks a person for, and the code it gets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import Forbidden, Malformed, WeizhiError
from app.kit.secrets import fingerprint, new_token
from app.oauth import scopes
from app.oauth.models import App, Authorization
from app.oauth.queries import find_app
from app.oauth.scopes import InvalidScope
from app.oauth.service import OUT_OF_BAND, InvalidRequest

# An app fetches its token at once; a person copies by hand.
CODE_LIFETIME = timedelta(seconds=60)
COPIED_CODE_LIFETIME = timedelta(minutes=10)
LONGEST_QUERY = 8000
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_TRUE = ("1", "true", "on", "yes", "t")


class UnsupportedResponseType(Malformed):
    code = "unsupported_response_type"
    message = "The authorization server does not support this response type"


class AccessDenied(Forbidden):
    code = "access_denied"
    message = "The resource owner or authorization server denied the request"


class UnknownClient(Malformed):
    """Whom to send back to is not known, so the person is told instead."""

    code = "unknown_client"
    message = "The app, or the address it wants the answer at, is not registered here"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that may be shown to a person: every part of it is checked."""

    query: str
    app: App
    redirect_uri: str
    scopes: list[str]
    state: str | None
    code_challenge: str | None
    force_login: bool


class Refused(Exception):
    """The request is wrong, and the app may be told: `location` is where."""

    def __init__(self, error: WeizhiError, location: str) -> None:
        self.error = error
        self.location = location
        super().__init__(error.text)


async def read_request(session: AsyncSession, *, query: str, issuer: str) -> Asked:
    """Check an authorization request. Raises UnknownClient, or Refused with the address that is told why."""
    fields, repeated = _fields(query)
    app = await find_app(session, client_id=fields.get("client_id", ""))
    redirect_uri = fields.get("redirect_uri", "")
    if app is None or redirect_uri not in app.redirect_uris or repeated & {"client_id", "redirect_uri"}:
        raise UnknownClient
    state = fields.get("state")
    try:
        if repeated:
            raise InvalidRequest(f"{min(repeated)} is there more than once")
        return Asked(
            query=query,
            app=app,
            redirect_uri=redirect_uri,
            scopes=_scopes(fields, app),
            state=state,
            code_challenge=_code_challenge(fields),
            force_login=fields.get("force_login", "").lower() in _TRUE,
        )
    except (InvalidRequest, InvalidScope, UnsupportedResponseType) as error:
        raise Refused(error, error_location(redirect_uri, error, state=state, issuer=issuer)) from None


async def approve(session: AsyncSession, *, asked: Asked, account_id: int, now: datetime) -> str:
    """Give the app what it asked for: the code, told this once."""
    code = new_token()
    by_hand = asked.redirect_uri == OUT_OF_BAND
    session.add(
        Authorization(
            code=fingerprint(code),
            app_id=asked.app.id,
            account_id=account_id,
            redirect_uri=asked.redirect_uri,
            code_challenge=asked.code_challenge,
            scopes=asked.scopes,
            created_at=now,
            expires_at=now + (COPIED_CODE_LIFETIME if by_hand else CODE_LIFETIME),
        )
    )
    await session.flush()
    return code


def code_location(asked: Asked, code: str, *, issuer: str, language: str) -> str:
    """Where the browser goes with a code."""
    if asked.redirect_uri == OUT_OF_BAND:
        return f"/oauth/authorize/native?{urlencode({'code': code, 'lang': language})}"
    return _with_query(asked.redirect_uri, {"code": code, "state": asked.state, "iss": issuer})


def error_location(redirect_uri: str, error: WeizhiError, *, state: str | None, issuer: str) -> str:
    """Where the browser goes without one."""
    told = {"error": error.code, "error_description": error.text, "state": state, "iss": issuer}
    if redirect_uri == OUT_OF_BAND:
        return f"/oauth/authorize/native?{urlencode({'error': error.code})}"
    return _with_query(redirect_uri, told)


def _fields(query: str) -> tuple[dict[str, str], set[str]]:
    """The parameters, and the names of those that are there more than once."""
    if len(query) > LONGEST_QUERY:
        raise UnknownClient
    try:
        pairs = parse_qsl(query, keep_blank_values=False, max_num_fields=50, errors="strict")
    except ValueError:
        raise UnknownClient from None
    if any("\x00" in text for pair in pairs for text in pair):
        raise UnknownClient
    fields: dict[str, str] = {}
    repeated: set[str] = set()
    for name, value in pairs:
        if name in fields:
            repeated.add(name)
        fields[name] = value
    return fields, repeated


def _scopes(fields: Mapping[str, str], app: App) -> list[str]:
    if fields.get("response_type") != "code":
        raise UnsupportedResponseType if fields.get("response_type") else InvalidRequest("response_type is missing")
    if "scope" in fields:
        return scopes.narrow(scopes.parse(fields["scope"]), within=app.scopes)
    # Mastodon's default, as far as the app may have it.
    return scopes.narrow(["read"] if "read" in app.scopes else app.scopes, within=app.scopes)


def _code_challenge(fields: Mapping[str, str]) -> str | None:
    challenge, method = fields.get("code_challenge"), fields.get("code_challenge_method")
    if challenge is None and method is None:
        return None
    # Without a method RFC 7636 means `plain`, which proves nothing to whoever saw the request.
    if method != "S256":
        raise InvalidRequest("The code_challenge_method must be S256")
    if not _CHALLENGE.fullmatch(challenge or ""):
        raise InvalidRequest("The code_challenge must be 43 characters of base64url")
    return challenge


def _with_query(uri: str, added: Mapping[str, str | None]) -> str:
    # Not taken apart and put together: the app knows its address again by every character.
    query = urlencode({name: value for name, value in added.items() if value is not None})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
