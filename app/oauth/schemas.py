"""The wire of app registration and tokens."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.kit.wire import IdOut, RequestModel, WireModel


def _lines(value: object) -> object:
    return value.split() if isinstance(value, str) else value


class AppCreate(RequestModel):
    """A client that registers itself. `redirect_uris` is a string (one a line) or a list."""

    client_name: Annotated[str, Field(min_length=1, max_length=60)]
    redirect_uris: Annotated[
        list[Annotated[str, Field(max_length=2000)]],
        Field(min_length=1, max_length=10),
        BeforeValidator(_lines, json_schema_input_type=str | list[str]),
    ]
    scopes: Annotated[str, Field(max_length=1000)] = "read"
    website: Annotated[str, Field(max_length=2000)] | None = None


class ApplicationOut(WireModel):
    """An app as Mastodon shows it."""

    id: IdOut
    name: str
    website: str | None
    scopes: list[str]
    redirect_uri: str
    redirect_uris: list[str]
    vapid_key: str = ""


class CredentialApplicationOut(ApplicationOut):
    """An app with its secret, told once, to the one who registered it."""

    client_id: str
    client_secret: str
    client_secret_expires_at: int = 0


class TokenCreate(RequestModel):
    """A token request: RFC 6749's fields. Credentials may also come by HTTP Basic authentication."""

    grant_type: Annotated[str, Field(max_length=60)]
    client_id: Annotated[str, Field(max_length=200)] | None = None
    client_secret: Annotated[str, Field(max_length=200)] | None = None
    redirect_uri: Annotated[str, Field(max_length=2000)] | None = None
    scope: Annotated[str, Field(max_length=1000)] | None = None
    username: Annotated[str, Field(max_length=254)] | None = None
    password: Annotated[str, Field(max_length=128)] | None = None


class TokenRevoke(RequestModel):
    """A token to revoke, by the app it was given to (RFC 7009)."""

    token: Annotated[str, Field(max_length=200)]
    client_id: Annotated[str, Field(max_length=200)]
    client_secret: Annotated[str, Field(max_length=200)]


class TokenOut(WireModel):
    """An access token; `created_at` in unix seconds. It does not expire by itself."""

    access_token: str
    token_type: str = "Bearer"
    scope: str
    created_at: int


class NothingOut(WireModel):
    """An empty object."""
