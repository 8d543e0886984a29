"""Greenhouse Recruiting's web hooks (grnhse/greenhouse-api-docs, source/includes/webhooks).

`Signature: sha256 <hex>` is an HMAC over the raw body; `Greenhouse-Event-ID` names the message. A job
post is public only when it is live, external and tied to a job (a post without `job_id` collects
prospects). `internal_content` is for the employer's own staff: it is neither read nor kept. Of a job itself only its
end is heeded: what else its messages hold (notes, budgets, hiring team) is internal too. So are candidates.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.inbound import words
from app.inbound.mapping import build
from app.inbound.schemas import Mapping as WordMapping
from app.inbound.source import (
    LONGEST_ID,
    BadSignature,
    GroupRemoval,
    JobRemoval,
    Nothing,
    Push,
    Verified,
    body_id,
    is_one_of,
    parse_external_id,
    parse_object,
    sha256_of_any,
)
from app.kit.errors import field_error

_POSTS = ("job_post_created", "job_post_updated", "job_post_deleted")
_JOBS = ("job_created", "job_updated", "job_approved", "job_deleted")
_INTERNAL = ("internal_content", "internal", "questions")
# Of a job: the rest (notes, pay, hiring team, custom fields) is internal.
_OF_JOB = ("id", "status")
_NAMES = {
    "external_id": "payload.id",
    "title": "payload.title",
    "description_html": "payload.content",
    "locations": "payload.location",
    "workplace_type": "payload.location",
}


class GreenhouseSource:
    """A Greenhouse account with a web hook for job posts."""

    def verify(self, *, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
        algorithm, _, signature = headers.get("signature", "").strip().partition(" ")
        fits = is_one_of(signature.strip().lower(), sha256_of_any(secrets, body))
        if algorithm != "sha256" or not fits:
            raise BadSignature
        message_id = headers.get("greenhouse-event-id", "").strip()
        return Verified(message_id[:LONGEST_ID] if message_id else body_id(body))

    def trim(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        action, payload = message.get("action"), message.get("payload")
        if action not in _POSTS + _JOBS:
            return {"action": action}
        if not isinstance(payload, dict):
            return message
        if action in _JOBS:
            job = payload.get("job")
            job = {name: job[name] for name in _OF_JOB if name in job} if isinstance(job, dict) else job
            return {"action": action, "payload": {"job": job}}
        inside = payload.get("job_post")
        post = {"job_post": _without_internal(inside)} if isinstance(inside, dict) else {}
        return {**message, "payload": {**_without_internal(payload), **post}}

    def parse(self, body: bytes, *, envelope: Mapping[str, str], mapping: WordMapping) -> Push:
        message = parse_object(body)
        action, payload = message.get("action"), message.get("payload")
        if not isinstance(action, str):
            raise field_error("action", "ERR_BLANK", "must name what happened")
        if action not in _POSTS + _JOBS:
            return Nothing()
        if not isinstance(payload, dict):
            raise field_error("payload", "ERR_BLANK", "must be an object")
        return _of_job(action, payload) if action in _JOBS else _of_post(action, payload, mapping)


def _of_job(action: str, payload: Mapping[str, Any]) -> Push:
    job = payload.get("job")
    if not isinstance(job, dict):
        raise field_error("payload.job", "ERR_BLANK", "must be an object")
    if action == "job_deleted" or job.get("status") == "closed":
        return GroupRemoval(parse_external_id(job.get("id"), "payload.job.id"))
    return Nothing()


def _of_post(action: str, payload: Mapping[str, Any], mapping: WordMapping) -> Push:
    # A deleted post comes inside `job_post`, others do not.
    inside = payload.get("job_post")
    post = inside if isinstance(inside, dict) else payload
    if action == "job_post_deleted":
        return JobRemoval(parse_external_id(post.get("id"), "payload.id"), words.moment(post.get("updated_at")))
    return build(
        post.get("id"),
        _fields(post),
        item=_without_internal(post),
        names=_NAMES,
        mapping=mapping,
        live=bool(post.get("live") and post.get("external") and post.get("job_id")),
        updated_at=words.moment(post.get("updated_at")),
        group_id=post.get("job_id"),
    )


def _without_internal(post: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in post.items() if name not in _INTERNAL}


def _fields(post: Mapping[str, Any]) -> dict[str, Any]:
    place = post.get("location")
    if isinstance(place, dict):
        place = place.get("name")
    found = words.place(place)
    return {
        "title": post.get("title"),
        "description_html": words.unescaped(post.get("content")),
        "locations": [found] if found else None,
        "workplace_type": "remote" if words.says_remote(place, post.get("title")) else None,
    }
