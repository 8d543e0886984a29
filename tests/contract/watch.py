"""Every answer of the service, held against Mastodon's schema and against our own description.

Mastodon's (abraham/mastodon-openapi, GFDL) is used at test time and not shipped: where the file is absent, only our
own description is held against the answers, and the run says so at its end.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.main import create_app
from tests.contract.description import Description
from tests.contract.faults import mend

_ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Path(os.environ.get("WEIZHI_MASTODON_OPENAPI", _ROOT / "../shared/contracts/mastodon-openapi.json"))
ABSENT = f"Mastodon's OpenAPI file is not at {SCHEMA}: name it in WEIZHI_MASTODON_OPENAPI to hold answers against it"

WATCHED = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo")
# Where a browser's forms go: pages for people, of which no description speaks.
_FORMS = {("POST", "/oauth/login"), ("POST", "/oauth/logout"), ("POST", "/oauth/authorize")} | {
    ("POST", f"/oauth/authorized_applications/{verb}") for verb in ("login", "logout", "revoke")
}


class Violation(AssertionError):
    """An answer that a description does not allow."""


@dataclass(frozen=True)
class Answer:
    """What a client got."""

    method: str
    path: str
    status: int
    kind: str
    body: bytes

    def value(self) -> Any:
        """The decoded JSON."""
        return json.loads(self.body)


class Watched:
    """The service, telling `note` of each answer, and `blame` of each that should not have been given."""

    def __init__(
        self, app: ASGIApp, blame: Callable[[str], None], note: Callable[[Answer], None] = lambda answer: None
    ) -> None:
        self._app, self._blame, self._note = app, blame, note

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(WATCHED):
            await self._app(scope, receive, send)
            return
        # The service rewrites its scope: what was asked is read before.
        method, path = scope["method"], scope["path"].rstrip("/")
        status, kind, body = 0, "", bytearray()

        async def listen(message: Message) -> None:
            nonlocal status, kind
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = dict(message.get("headers", ()))
                kind = headers.get(b"content-type", b"").decode().partition(";")[0]
            elif kind != "text/event-stream":
                body.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, listen)
        if status and method not in ("HEAD", "OPTIONS") and (method, path) not in _FORMS:
            answer = Answer(method, path, status, kind, bytes(body))
            self._note(answer)
            if found := problems(answer):
                text = body[:1500].decode(errors="replace")
                self._blame("\n  ".join((f"{method} {path} answers {status}, against", *found, f"the answer: {text}")))


def blame(text: str) -> None:
    """Fail the test that asked."""
    raise Violation(text)


def problems(answer: Answer) -> list[str]:
    """What is wrong with an answer, as `whose description: operation: path: reason`."""
    return [*_against_ours(answer), *_against_mastodons(answer)]


@cache
def ours() -> Description:
    """What we say we answer."""
    return Description(create_app().openapi(), "weizhi")


@cache
def mastodons() -> Description | None:
    """What Mastodon says it answers, without the slips we know; None where the file is absent."""
    if not SCHEMA.exists():
        return None
    document = json.loads(SCHEMA.read_text(encoding="utf-8"))
    mend(document)
    return Description(document, "mastodon")


def _against_ours(answer: Answer) -> list[str]:
    template = ours().find(answer.method, answer.path)
    if template is None:
        # Nobody's address, or a method it does not have.
        if answer.status in (404, 405) and answer.kind == "application/json":
            return _told("weizhi", answer, "any", ours().problems("/components/schemas/Problem", answer.value()))
        return [f"weizhi: no such operation is described, and it answers {answer.status} {answer.kind}"]
    described = ours().response(answer.method, template, answer.status)
    if described is None:
        return [f"weizhi: {answer.method} {template}: it is not described to answer {answer.status}"]
    key, response = described
    content = response.get("content", {})
    if not answer.body or answer.kind == "text/event-stream":
        missing = "application/json" in content and answer.kind != "text/event-stream"
        return [f"weizhi: {answer.method} {template}: the body is missing"] if missing else []
    if answer.kind not in content:
        return [f"weizhi: {answer.method} {template}: {answer.status} is not described as {answer.kind}"]
    if found := _unlisted(answer, template, key, response):
        return found
    pointer = ours().json_pointer(answer.method, template, key)
    if answer.kind != "application/json" or pointer is None:
        return []
    return _told("weizhi", answer, template, ours().problems(pointer, answer.value()))


# What the edge refuses, whatever is asked for.
_AT_THE_EDGE = (400, 405, 413, 415, 429)


def _unlisted(answer: Answer, template: str, key: str, response: dict[str, Any]) -> list[str]:
    """Of operations of our own the description names every code that they refuse with."""
    if not template.startswith("/api/weizhi/") or not 400 <= answer.status < 500 or answer.status in _AT_THE_EDGE:
        return []
    code = answer.value().get("code")
    if key == str(answer.status) and f"`{code}`" in response["description"]:
        return []
    return [f"weizhi: {answer.method} {template}: {answer.status} `{code}` is not described"]


def _against_mastodons(answer: Answer) -> list[str]:
    theirs = mastodons()
    template = theirs.find(answer.method, answer.path) if theirs else None
    if theirs is None or template is None:
        return []
    if template == "/oauth/authorize" and answer.kind == "text/html":
        return []  # Theirs tells people too, and no program, when it cannot go on.
    if answer.status >= 400:
        pointer: str | None = "/components/schemas/Refusal"
    elif answer.status >= 300:
        return []
    else:
        described = theirs.response(answer.method, template, answer.status)
        if described is None:
            return [f"mastodon: {answer.method} {template}: it never answers {answer.status}"]
        pointer = theirs.json_pointer(answer.method, template, described[0])
    if pointer is None:
        return []
    if answer.kind != "application/json":
        return [f"mastodon: {answer.method} {template}: it answers JSON, not {answer.kind or 'nothing'}"]
    return _told("mastodon", answer, template, theirs.problems(pointer, answer.value()))


def _told(whose: str, answer: Answer, template: str, found: list[str]) -> list[str]:
    return [f"{whose}: {answer.method} {template}: {problem}" for problem in found]
