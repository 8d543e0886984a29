"""The wire of app registration and tokens."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field

from app.kit.wire import IdIn, IdOut, OneLine, RequestModel, WireModel


def _is_none(value: object) -> bool:
    return value is None


def _lines(value: object) -> object:
    return value.split() if isinstance(value, str) else value


class AppCreate(RequestModel):
    """A client that registers itself. `redirect_uris` is a string (one a line) or a list."""

    client_name: Annotated[str, Field(min_length=1, max_length=60), OneLine]
    redirect_uris: Annotated[
        list[Annotated[str, Field(max_length=2000)]],
        Field(min_length=1, max_length=10),
        BeforeValidator(_lines, json_schema_input_type=str | list[str]),
    ]
    scopes: Annotated[str, Field(max_length=4000)] = "read"
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
    code: Annotated[str, Field(max_length=200)] | None = None
    code_verifier: Annotated[str, Field(max_length=128)] | None = None
    refresh_token: Annotated[str, Field(max_length=200)] | None = None
    scope: Annotated[str, Field(max_length=4000)] | None = None
    username: Annotated[str, Field(max_length=254)] | None = None
    password: Annotated[str, Field(max_length=128)] | None = None


class TokenRevoke(RequestModel):
    """A token to revoke, by the app it was given to (RFC 7009)."""

    token: Annotated[str, Field(max_length=200)]
    token_type_hint: Annotated[str, Field(max_length=60)] | None = None
    client_id: Annotated[str, Field(max_length=200)] | None = None
    client_secret: Annotated[str, Field(max_length=200)] | None = None


class OwnForm(RequestModel):
    """What every form on our own pages sends: where it comes from, and what it goes on with."""

    form_token: Annotated[str, Field(max_length=100)] = ""
    query: Annotated[str, Field(max_length=8000)] = ""


class LoginForm(OwnForm):
    """The login page."""

    username: Annotated[str, Field(max_length=254)] = ""
    password: Annotated[str, Field(max_length=128)] = ""


class ConsentForm(OwnForm):
    """The consent page."""

    decision: Annotated[str, Field(max_length=20)] = ""


class RevokeForm(OwnForm):
    """The button beside an app."""

    app_id: IdIn


class TokenOut(WireModel):
    """An access token; `created_at` in unix seconds.

    It lasts until it is revoked; only an app granted `offline_access` gets one that ends after `expires_in`
    seconds, with a `refresh_token` that is good for one use.
    """

    access_token: str
    token_type: str = "Bearer"
    scope: str
    created_at: int
    # Clients take the mere presence of `expires_in` for an end.
    expires_in: Annotated[int | None, Field(exclude_if=_is_none)] = None
    refresh_token: Annotated[str | None, Field(exclude_if=_is_none)] = None


class UserInfoOut(WireModel):
    """OpenID Connect's claims about the account, as Mastodon gives them."""

    iss: str
    sub: str
    name: str
    preferred_username: str
    profile: str
    picture: str


class ServerMetadataOut(WireModel):
    """What this authorization server can do (RFC 8414)."""

    issuer: str
    service_documentation: str
    authorization_endpoint: str
    token_endpoint: str
    app_registration_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    scopes_supported: list[str]
    response_types_supported: list[str]
    response_modes_supported: list[str]
    grant_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool


class NothingOut(WireModel):
    """An empty object."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})
