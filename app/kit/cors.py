"""Which answers scripts of other sites may read: those of the API, and never those of the login page."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_OPEN = ("/api/", "/.well-known/", "/nodeinfo/", "/media/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo")
_OPEN_EXACTLY = ("/openapi.json", "/health")
EXPOSED = (
    *("Link", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"),
    *("Retry-After", "ETag", "Deprecation"),
)


class Cors:
    """CORS for the API. Nothing there goes by cookies, so any site may ask: what counts is the token it has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
            max_age=86_400,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_open = path.startswith(_OPEN) or path in _OPEN_EXACTLY
        await (self._open if is_open else self._app)(scope, receive, send)
