"""The one reading of a URL that strangers gave us: what connects is what was judged, or nothing is."""

import ipaddress
import re
from dataclasses import dataclass

LONGEST = 2048

# Only what RFC 3986 lets a URL hold as it is; so no space, control, backslash, or letter beyond ASCII.
_PLAIN = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_PARTS = re.compile(
    r"(?P<scheme>https?)://(?P<place>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# A name that ends so is read as a number by some: 127.1, 0x7f.1, 2130706433.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOWEST_FREE_PORT = 1024


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A URL in its parts. `host` is a name in lower case, or an IP address without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def secure(self) -> bool:
        """Whether it is spoken to by TLS."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def literal(self) -> bool:
        """Whether the host is an IP address already."""
        return ":" in self.host or self.host.rpartition(".")[2].isdigit()


def parse(url: str, *, short_names: bool = False) -> WebAddress:
    """Read an http or https URL; raises ValueError, saying why, for every form that two readers might take differently.

    `short_names` lets in names without a dot, such as localhost.
    """
    if len(url) > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST} characters")
    if not _PLAIN.fullmatch(url):
        raise ValueError("must be a URL in plain ASCII; names in other scripts go as xn--, the rest percent-encoded")
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise ValueError("must start with https://")
    place = _PLACE.fullmatch(parts["place"])
    if place is None:
        raise ValueError("must have a plain host and port, without user or password")
    scheme = parts["scheme"].lower()
    port = int(place["port"]) if place["port"] else {"https": 443, "http": 80}[scheme]
    if port not in (80, 443) and not _LOWEST_FREE_PORT <= port <= 65535:
        raise ValueError("must use port 80, 443, or one from 1024")
    host = _host(place["host"].lower(), short_names=short_names)
    return WebAddress(scheme, host, port, (parts["path"] or "/") + (parts["query"] or ""))


def _host(host: str, *, short_names: bool) -> str:
    try:
        if host.startswith("["):
            return str(ipaddress.IPv6Address(host[1:-1]))
        labels = host.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            # In its one form only: no octal, no hexadecimal, no missing parts.
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise ValueError("must have an IP address in its usual form") from None
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must have the name of a host")
    if len(labels) == 1 and not short_names:
        raise ValueError("must have a full host name")
    return host
