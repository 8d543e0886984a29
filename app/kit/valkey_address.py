"""Where a Valkey or Redis server is, and how to get in: what a URL says."""

import ssl
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

_PORT = 6379
_TRUE = {"1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class Address:
    """One server: a socket's `path`, or `host` and `port`. `cluster`: it is one node of several."""

    host: str = ""
    port: int = _PORT
    path: str = ""
    username: str | None = None
    password: str | None = None
    db: int = 0
    tls: ssl.SSLContext | None = None
    cluster: bool = False

    def at(self, host: str, port: int) -> "Address":
        """Another node of the same cluster, entered the same way."""
        return replace(self, host=host, port=port)


def parse(url: str) -> Address:
    """Read redis://, rediss:// (TLS) or unix:// as redis-py does, and `?cluster=true`. Raises ValueError."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    known = {
        "username": unquote(parts.username) if parts.username else query.get("username"),
        "password": unquote(parts.password) if parts.password else query.get("password"),
        "db": int(query["db"]) if "db" in query else 0,
    }
    if parts.scheme == "unix":
        return Address(path=unquote(parts.path), **known)  # type: ignore[arg-type]
    if parts.scheme not in ("redis", "rediss"):
        raise ValueError("a Valkey URL begins with redis://, rediss:// or unix://")
    if "db" not in query and parts.path.strip("/"):
        known["db"] = int(parts.path.strip("/"))
    return Address(
        host=parts.hostname or "localhost",
        port=parts.port or _PORT,
        tls=_tls(query) if parts.scheme == "rediss" else None,
        cluster=query.get("cluster", "").lower() in _TRUE,
        **known,  # type: ignore[arg-type]
    )


def url_at(url: str, node: Address) -> str:
    """`url` for a client that knows of one server only: of a cluster, `node` instead of the one that is named."""
    if not parse(url).cluster:
        return url
    parts = urlsplit(url)
    credentials, at, _ = parts.netloc.rpartition("@")
    host = f"[{node.host}]" if ":" in node.host else node.host
    query = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("cluster="))
    return urlunsplit(parts._replace(netloc=f"{credentials}{at}{host}:{node.port}", query=query))


def _tls(query: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=query.get("ssl_ca_certs"))
    if query.get("ssl_cert_reqs") == "none":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
