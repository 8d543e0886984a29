"""Who may do what how often: Mastodon's numbers, which its clients are made for."""

import re
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

from app.limits.limits import Rule

API = Rule("api", most=300, seconds=300)
MEDIA = Rule("media", most=30, seconds=1800)
DELETE = Rule("delete", most=30, seconds=1800)
SIGN_UP = Rule("sign_up", most=5, seconds=1800)
NEW_APP = Rule("new_app", most=5, seconds=600)
LOGIN_BY_ADDRESS = Rule("login_address", most=25, seconds=300)
LOGIN_TO_ACCOUNT = Rule("login_account", most=10, seconds=3600)
# A recruiting system pushes all its jobs at once, signed, from one address; a hosted one, those of many employers.
SOURCE = Rule("source", most=1500, seconds=300)
INBOUND = Rule("inbound", most=15_000, seconds=300)
_INBOUND_PATH = "/api/weizhi/v1/inbound/"


class Operation(NamedTuple):
    """What some requests share beside the general rule. `guards`: without a count they are refused.

    `by_address`: they count for the address even when an account calls; `by_path`: for each path apart.
    """

    method: str
    path: re.Pattern[str]
    rule: Rule
    by_address: bool = False
    by_path: bool = False
    guards: bool = False


# Paths as the router sees them: decoded, without a trailing slash, HEAD being GET (kit.asgi.PlainPaths).
OPERATIONS = (
    Operation("POST", re.compile(r"/api/v\d+/media"), MEDIA),
    Operation("DELETE", re.compile(r"/api/v1/statuses/[^/]+"), DELETE),
    Operation("POST", re.compile(r"/api/v1/statuses/[^/]+/unreblog"), DELETE),
    Operation("POST", re.compile(r"/api/v1/accounts"), SIGN_UP, by_address=True, guards=True),
    Operation("POST", re.compile(r"/api/v1/apps"), NEW_APP, by_address=True),
    # By the address too: who signs nothing must not use up what a source may send.
    Operation("POST", re.compile(_INBOUND_PATH + r"[a-z]{1,20}/[0-9]{1,20}"), SOURCE, by_address=True, by_path=True),
)


def general_rule(path: str) -> Rule | None:
    """The rule that every request to `path` falls under; None for what is not limited, such as pages."""
    if path.startswith(_INBOUND_PATH):
        return INBOUND
    return API if path.startswith(("/api/", "/oauth/")) else None


def find_operation(method: str, path: str) -> Operation | None:
    """The operation with a rule of its own that this is."""
    return next((one for one in OPERATIONS if one.method == method and one.path.fullmatch(path)), None)


def address_of(scope: Mapping[str, Any]) -> str:
    """Whom an ASGI request comes from, when it comes from no account."""
    return network_of((scope.get("client") or (None,))[0])


def subject_of(scope: Mapping[str, Any], account_id: int | None) -> str:
    """Whose uses a request counts among: the account's, or its network's."""
    return address_of(scope) if account_id is None else f"account:{account_id}"


def network_of(host: str | None) -> str:
    """Whom an address stands for: itself, or for IPv6 its /64, which is what one customer has."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)
