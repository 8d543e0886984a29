"""Greenhouse Recruiting's web hooks (grnhse/greenhouse-api-docs, source/includes/webhooks).

`Signature: sha256 <hex>` is an HMAC over the raw body; `Greenhouse-Event-ID` names the message. A job
post is public only when it is live, external and tied to a job (a post without `job_id` collects
prospects). `internal_content` is for the employer's own staff and is never read.
"""

import hashlib
import hmac
import html
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.inbound.source import (
    BadSignature,
    JobPush,
    JobRemoval,
    Nothing,
    Push,
    body_id,
    parse_job,
    parse_object,
    same_signature,
)
from app.kit.errors import field_error

_REMOTE = re.compile(r"\bremote\b|远程|遠程", re.IGNORECASE)
_ESCAPED_TAG = re.compile(r"&lt;/?[a-z][a-z0-9]*", re.IGNORECASE)


class GreenhouseSource:
    """A Greenhouse account with a web hook for job posts."""

    def new_secret(self) -> str:
        return secrets.token_hex(32)

    def verify(self, *, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        algorithm, _, signature = headers.get("signature", "").strip().partition(" ")
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if algorithm != "sha256" or not same_signature(signature.strip().lower(), expected):
            raise BadSignature
        message_id = headers.get("greenhouse-event-id", "").strip()
        return message_id[:200] if message_id else body_id(body)

    def parse(self, body: bytes) -> Push:
        message = parse_object(body)
        action, post = message.get("action"), message.get("payload")
        if not isinstance(action, str):
            raise field_error("action", "ERR_BLANK", "must name what happened")
        if action not in ("job_post_created", "job_post_updated", "job_post_deleted"):
            return Nothing()
        if not isinstance(post, dict):
            raise field_error("payload", "ERR_BLANK", "must be an object")
        external_id = post.get("id")
        if not isinstance(external_id, int | str) or isinstance(external_id, bool) or not str(external_id).strip():
            raise field_error("payload.id", "ERR_BLANK", "must be the job post's id")
        if "\x00" in str(external_id):
            raise field_error("payload.id", "ERR_INVALID", "must not contain NUL")
        if action == "job_post_deleted":
            return JobRemoval(str(external_id)[:200])
        if not post.get("title"):
            raise field_error("payload.title", "ERR_BLANK", "can't be blank")
        live = bool(post.get("live") and post.get("external") and post.get("job_id"))
        return JobPush(str(external_id)[:200], parse_job(_fields(post), names=_NAMES), live=live)


_NAMES = {
    "title": "payload.title",
    "description_html": "payload.content",
    "locations": "payload.location",
    "workplace_type": "payload.location",
}


def _fields(post: Mapping[str, Any]) -> dict[str, Any]:
    place = post.get("location")
    if isinstance(place, dict):
        place = place.get("name")
    content = post.get("content")
    if isinstance(content, str) and _ESCAPED_TAG.search(content):
        content = html.unescape(content)
    fields = {"title": post["title"], "description_html": content}
    if place:
        city, *rest = [part.strip() for part in str(place).split(",")] if isinstance(place, str) else [place]
        fields["locations"] = [{"city": city, "region": ", ".join(rest) or None, "name": place}]
    if _REMOTE.search(f"{place} {post['title']}"):
        fields["workplace_type"] = "remote"
    return fields
